import { Alert, Checkbox, Fieldset, FileInput, Group, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call.ts';
import type { ApiProblem } from '../../api/problem.ts';
import type { OperationUpload } from '../../api/schema.gen.ts';
import { GuardedButton } from '../../components/guarded.tsx';
import { ProblemAlert, ProblemText } from '../../components/problem-alert.tsx';
import { SchemaForm } from '../../components/schema-form/schema-form.tsx';
import { type Problems, problemsOf } from '../../components/schema-form/values.ts';
import { useToast } from '../../components/toast.tsx';
import { useAuditEvent } from '../../hooks/index.ts';
import type { AskPartProps, TypeName } from './ask-form.tsx';
import { type CsvHead, headOf, matched } from './csv-head.ts';
import { Mapping } from './csv-mapping.tsx';
import { askedOf } from './draft.ts';
import { keepTold, LineErrors } from './left-out.tsx';

const ROUTE = 'POST /v1/admin/operations/upload';

/** `line 3, column` as the server names the place of an error. */
const lineOf = ({ field, reason }: ApiProblem['errors'][number]) => {
  const [, line, column] = /^line (\d+)(?:, (.+))?$/.exec(field) ?? [];
  return { line: line ?? field, column: column ?? null, reason };
};

/** Targets from the rows of a CSV file. */
export default function UploadPart({ type, fields, draft, setDraft, forget }: AskPartProps) {
  const { t } = useTranslation('operations');
  const { t: shell } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const toast = useToast();
  const { trackFormSubmit } = useAuditEvent();
  const [file, setFile] = useState<File | null>(null);
  const [head, setHead] = useState<CsvHead | null>(null);
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const [partial, setPartial] = useState(false);
  const [start, setStart] = useState(false);
  const [problems, setProblems] = useState<Problems>({});
  const wanted = type.csvColumns ?? [];
  const upload = useMutation<OperationUpload, ApiProblem, File>({
    mutationFn: (sent) =>
      call(ROUTE, {
        // The browser may call it something else, or nothing.
        file: sent.slice(0, sent.size, 'text/csv'),
        reason: draft.reason.trim(),
        query: {
          type: type.type as TypeName,
          parameters: JSON.stringify(askedOf(fields, draft).parameters),
          mapping: JSON.stringify(mapping),
          partial: partial ? 'true' : 'false',
          start: start ? 'true' : 'false',
        },
      }),
    onSuccess: ({ operation, file: told }) => {
      keepTold(operation.id, told);
      forget();
      void client.invalidateQueries({ queryKey: ['list', 'GET /v1/admin/operations'] });
      toast.done(t('upload.accepted', { count: told.accepted }));
      void navigate({ to: '/operations/$operationId', params: { operationId: operation.id } });
    },
  });
  const choose = async (next: File | null) => {
    setFile(next);
    upload.reset();
    const read = next && (await headOf(next));
    setHead(read);
    setMapping(read ? matched(wanted, read.columns) : {});
  };
  const isReady = file !== null && draft.reason.trim() !== '' && wanted.every((field) => mapping[field]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = problemsOf(fields.parameters, draft.parameters, 'parameters');
    setProblems(found);
    if (!isReady || Object.keys(found).length > 0) return;
    trackFormSubmit('operation-upload');
    upload.mutate(file);
  };
  return (
    <form onSubmit={submit} noValidate aria-label={t('sourceFile')}>
      <Stack>
        <Fieldset legend={t('sourceFile')}>
          <Stack>
            <FileInput
              label={t('upload.file')}
              description={t('upload.fileHint', { columns: wanted.join(', ') })}
              required
              accept=".csv,.tsv,.txt,text/csv"
              placeholder={t('upload.choose')}
              value={file}
              onChange={(next) => void choose(next)}
              clearable
              clearButtonProps={{ 'aria-label': shell('clear') }}
            />
            {head && <Mapping {...{ head, wanted, mapping }} onChange={setMapping} />}
            <Checkbox
              label={t('upload.partial')}
              description={t('upload.partialHint')}
              checked={partial}
              onChange={(event) => setPartial(event.currentTarget.checked)}
            />
          </Stack>
        </Fieldset>
        <SchemaForm
          field={fields.parameters}
          value={draft.parameters}
          onChange={(parameters) => setDraft({ ...draft, parameters })}
          problems={problems}
          path="parameters"
        />
        <Textarea
          label={shell('confirm.reason')}
          description={t('ask.reasonHint')}
          required
          maxLength={1000}
          autosize
          minRows={2}
          value={draft.reason}
          onChange={(event) => setDraft({ ...draft, reason: event.currentTarget.value })}
        />
        {type.risk === 'routine' ? (
          <Checkbox
            label={t('ask.atOnce')}
            description={t('upload.startHint')}
            checked={start}
            onChange={(event) => setStart(event.currentTarget.checked)}
          />
        ) : (
          <Text size="sm">{t(`ask.needs.${type.risk}`)}</Text>
        )}
        {upload.error && <UploadProblem problem={upload.error} />}
        <Group>
          <GuardedButton route={ROUTE} type="submit" loading={upload.isPending} disabled={!isReady}>
            {t('upload.send')}
          </GuardedButton>
        </Group>
      </Stack>
    </form>
  );
}

/** Line by line where the file is wrong; the usual way for all else. */
function UploadProblem({ problem }: { problem: ApiProblem }) {
  const { t } = useTranslation('operations');
  const isOfLines = problem.errors.some(({ field }) => field.startsWith('line '));
  if (!isOfLines) return <ProblemAlert problem={problem} title={t('upload.refused')} />;
  return (
    <Alert color="red" variant="light" title={t('upload.refused')} role="alert">
      <Stack gap="xs">
        <Text size="sm" dir="auto">
          <ProblemText problem={problem} />
        </Text>
        <LineErrors errors={problem.errors.map(lineOf)} />
      </Stack>
    </Alert>
  );
}
