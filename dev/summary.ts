/** What `npm start` prints once everything runs: where it is, who may enter, and the main job as five lines to paste. */

export interface SummaryInput {
  api: string;
  /** Without TLS. */
  grpc: string;
  issuer: string;
  clickhouse: { url: string; user: string; password: string };
  postgres: string;
  /** A page of the e-mail that was sent. */
  mail: string;
  dataDir: string;
  services: { id: string; slug: string; name: string }[];
  tokens: { role: string; email: string; token: string }[];
}

const bold = (text: string, colour: boolean): string => (colour ? `\u001b[1m${text}\u001b[22m` : text);
const dim = (text: string, colour: boolean): string => (colour ? `\u001b[2m${text}\u001b[22m` : text);

/** Lines meant for pasting start in the first column, hold no comment (zsh refuses those) and none is split. */
export function summary(o: SummaryInput, { colour }: { colour: boolean }): string {
  const title = (text: string, note = ''): string => `${bold(text, colour)}${note && ` ${dim(note, colour)}`}`;
  return [
    '',
    title('Steward is running.', `Ctrl-C stops it; its data stays in ${o.dataDir}`),
    '',
    ...table([
      ['Admin UI', o.api],
      ['API', `${o.api}/v1`],
      ['Reference', `${o.api}/docs`],
      ['gRPC', `${o.grpc.replace(/^http:\/\//, '')}, without TLS: steward.gate.v1.GateService`],
      ['OIDC issuer', o.issuer],
      ['Sent e-mail', o.mail],
      [
        'ClickHouse',
        `curl -u '${o.clickhouse.user}:${o.clickhouse.password}' '${o.clickhouse.url}' -d 'SHOW TABLES FROM audit_db'`,
      ],
      ['Postgres', `psql '${o.postgres}'`],
      ['Log', `npm run logs -- --follow --data '${o.dataDir}'`],
    ]),
    '',
    title('Services'),
    ...table(o.services.map(({ slug, id, name }) => [slug, `${id}  ${name}`])),
    '',
    title(
      'Paste this first:',
      `a token for each admin (${o.tokens.map(({ email }) => email).join(', ')}), good for 8 hours`,
    ),
    '',
    `export API='${o.api}'`,
    `export SERVICE='${o.services[0]?.id ?? ''}'`,
    ...o.tokens.map(({ role, token }) => `export ${role.toUpperCase().replace(/\W/g, '_')}='${token}'`),
    '',
    title('Then the main job, one line after another:'),
    ...mainJob().flatMap(([what, line], index) => ['', dim(`${index + 1}. ${what}`, colour), line]),
    '',
    title('And what the service’s own Worker asks:', 'may this request pass?'),
    '',
    ASK_THE_GATE,
    '',
    title('And what a page or a collector reports:', 'OpenTelemetry, kept as UI events'),
    '',
    REPORT_A_CLICK,
    '',
    `sleep 3; curl -sS -w '\\n' "$API/v1/audit/ui-events" -H "Authorization: Bearer $OWNER"`,
    '',
  ].join('\n');
}

function table(rows: [string, string][]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}

/** Needs only curl and sed, of any age, in bash or zsh; each line's answer is shown, an error's too. */
const ASK_THE_GATE =
  `curl -sS -w '\\n' -X POST "$API/v1/gate/check" -H "Authorization: Bearer $GATE" -H 'Content-Type: application/json' ` +
  `-d "{\\"serviceId\\":\\"$SERVICE\\",\\"host\\":\\"shop.example.com\\",\\"ip\\":\\"203.0.113.9\\",\\"method\\":\\"GET\\",\\"path\\":\\"/\\"}"`;

const CLICK = {
  eventName: 'app.widget.click',
  attributes: [
    { key: 'app.widget.name', value: { stringValue: 'Save' } },
    { key: 'url.path', value: { stringValue: '/services' } },
  ],
};

const REPORT_A_CLICK =
  `curl -sS -w '\\n' -X POST "$API/v1/otlp/v1/logs" -H "Authorization: Bearer $TELEMETRY" -H 'Content-Type: application/json' ` +
  `-d '${JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [CLICK] }] }] })}'`;

function mainJob(): [string, string][] {
  const owner = `-H "Authorization: Bearer $OWNER"`;
  const json = `-H 'Content-Type: application/json'`;
  const config = `{"maintenanceMode":true,"maintenanceMessage":"Back at noon"}`;
  const wanted = `{"exportType":"audit_logs","fileFormat":"csv"}`;
  // A relative address gets the API's in front.
  const location = `sed -n -e 's/[[:cntrl:]]//g' -e 's/^[Ll]ocation: *//p' | sed -e "s|^/|$API/|"`;
  const link = `sed -n 's/.*"downloadUrl": *"\\([^"]*\\)".*/\\1/p' | sed -e "s|^/|$API/|"`;
  return [
    [
      'Put the service into maintenance; the reason goes into the audit log',
      `curl -sS -w '\\n' -X PATCH "$API/v1/admin/services/$SERVICE/config" ${owner} ${json} -H 'Audit-Reason: Planned maintenance' -d '${config}'`,
    ],
    [
      'See who did it; the log is a second behind',
      `sleep 2; curl -sS -w '\\n' "$API/v1/audit/logs?resourceId=$SERVICE" ${owner}`,
    ],
    [
      'Ask for the audit log as CSV',
      `ANSWER=$(curl -sS -i -X POST "$API/v1/admin/exports" ${owner} ${json} -d '${wanted}'); ` +
        `printf '%s\\n' "$ANSWER"; EXPORT=$(printf '%s\\n' "$ANSWER" | ${location})`,
    ],
    ['See how far it is; it ends with a downloadUrl', `curl -sS -w '\\n' "$EXPORT" ${owner}`],
    [
      'Download it (waits up to ten seconds for the export)',
      `for _ in 1 2 3 4 5 6 7 8 9 10; do URL=$(curl -sS "$EXPORT" ${owner} | ${link}); [ -n "$URL" ] && break; sleep 1; done; ` +
        `curl -fsSL -o audit.csv "\${URL:?the export is not ready: see line 4}" && echo 'Saved as audit.csv'`,
    ],
  ];
}
