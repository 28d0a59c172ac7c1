import { readFile } from 'node:fs/promises';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GrpcBridge, startGrpcBridge } from '../../dev/grpc/bridge.ts';
import {
  CheckRequestSchema,
  CheckResponseSchema,
  file_steward_gate_v1_gate,
  GateService,
} from '../../workers/gate/gen/steward/gate/v1/gate_pb.ts';
import { type App, type Person, startApp, until } from '../app.ts';
import { addDomain, addFeature, caller, checkByBinding, checkOverHttp, openService, visit } from '../gate.ts';
import { linesOf } from '../log-lines.ts';

let app: App;
let bridge: GrpcBridge;
let machine: Person;
beforeAll(async () => {
  app = await startApp({}, { caller });
  bridge = await startGrpcBridge({ port: 0, workerUrl: app.worker().url });
  machine = await app.person('gate');
});
afterAll(async () => {
  await bridge.close();
  await app.stop();
});

const transports = (): Record<string, Transport> => {
  const worker = { baseUrl: app.worker().url, httpVersion: '1.1' as const };
  return {
    'Connect, binary': createConnectTransport({ ...worker, useBinaryFormat: true }),
    'Connect, JSON': createConnectTransport({ ...worker, useBinaryFormat: false }),
    'gRPC-Web': createGrpcWebTransport(worker),
    'native gRPC': createGrpcTransport({ baseUrl: bridge.url }),
  };
};

const clients = () =>
  Object.entries(transports()).map(([name, transport]) => ({ name, gate: createClient(GateService, transport) }));
const as = (person: Person | null) => ({ headers: person ? { Authorization: `Bearer ${person.token}` } : {} });

async function errorOf(work: Promise<unknown>): Promise<ConnectError> {
  try {
    await work;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error('it did not fail');
}

describe('gate.faces', () => {
  it('decide the same: service binding, HTTP, Connect, gRPC-Web and native gRPC', async () => {
    const service = await openService(app, {
      domainValidation: true,
      ipWhitelistEnabled: true,
      ipWhitelist: ['10.0.0.0/8'],
    });
    await addDomain(app, service, '*.example.com');
    for (const code of ['a', 'b']) await addFeature(app, service, code);
    const shut = await openService(app, { maintenanceMode: true, maintenanceMessage: 'Zurück um zwölf' });
    const signedIn = await openService(app, { jwtValidation: true });
    const inputs = [
      visit(service, { origin: 'https://x.example.com', ip: '10.1.2.3' }),
      visit(service, { origin: 'https://example.com', ip: '10.1.2.3' }),
      visit(service, { host: 'x.example.com:8443', ip: '::ffff:192.0.2.1' }),
      visit(shut),
      visit(shut, { adminId: machine.id }),
      visit(signedIn),
      visit(signedIn, { token: await app.mint({ sub: 'somebody' }) }),
      visit(signedIn, { token: 'x' }),
    ];
    let compared = 0;
    for (const input of inputs) {
      const [expected] = await checkByBinding(app, input);
      expect(await checkOverHttp(app, machine, input)).toEqual(expected);
      for (const { name, gate } of clients()) {
        const { $typeName: _, ...decision } = await gate.check(input, as(machine));
        expect([name, decision]).toEqual([name, expected]);
        compared++;
      }
    }
    console.log(`faces of the gate: compared ${compared} decisions with the service binding's, different 0`);
  });

  it('refuse who may not ask, each in its protocol’s own words', async () => {
    const [mine, other] = [await openService(app), await openService(app)];
    const [gateOfMine, viewer] = [await app.person('gate', mine), await app.person('viewer')];
    for (const { name, gate } of clients()) {
      const refusal = async (serviceId: string, person: Person | null, more: object = {}) => {
        const error = await errorOf(gate.check(visit(serviceId, more), as(person)));
        return [name, Code[error.code], error.metadata.get('steward-error')];
      };
      expect((await gate.check(visit(mine), as(gateOfMine))).allow).toBe(true);
      expect(await refusal(other, gateOfMine)).toEqual([name, 'NotFound', 'not_found']);
      expect(await refusal(mine, viewer)).toEqual([name, 'PermissionDenied', 'forbidden']);
      expect(await refusal(mine, null)).toEqual([name, 'Unauthenticated', 'unauthenticated']);
      expect(await refusal('not-a-uuid', machine)).toEqual([name, 'InvalidArgument', 'invalid_field']);
      // A request refused before it was sent whole may end as a broken connection: the client then cannot know why, and asks again.
      let tooLarge = await refusal(mine, machine, { host: 'x'.repeat(100_000) });
      for (let tries = 1; tooLarge[1] === 'Internal' && tries < 4; tries++)
        tooLarge = await refusal(mine, machine, { host: 'x'.repeat(100_000) });
      expect(tooLarge[1]).toMatch(/ResourceExhausted|InvalidArgument/);
    }
  });

  it('leave no line in the log while they go well, and one of each call that did not', async () => {
    const service = await openService(app);
    const from = app.log.length;
    await checkByBinding(app, visit(service));
    await checkOverHttp(app, machine, visit(service));
    for (const { gate } of clients()) await gate.check(visit(service), as(machine));
    await expect(checkByBinding(app, { planted: 'xylophone' })).rejects.toThrow();
    for (const { gate } of clients()) await errorOf(gate.check(visit('xylophone'), as(machine)));
    const lines = () => linesOf(app, from).filter(({ msg }) => msg === 'rpc' || msg === 'request');
    await until(async () => lines().length >= 5, 'the lines of refused calls');
    const refused = { level: 'info', outcome: 'client_error', errorCode: 'invalid_field' };
    const route = '/steward.gate.v1.GateService/Check';
    expect(lines()).toEqual([
      expect.objectContaining({ ...refused, msg: 'rpc', method: 'Gate.check' }),
      ...clients().map(() => expect.objectContaining({ ...refused, msg: 'request', route, status: 422 })),
    ]);
    expect(app.log.slice(from).join('')).not.toContain('xylophone');
  });

  it('name no secret of ours when the database is away', async () => {
    const service = await openService(app);
    const stranger = await app.person('gate');
    app.postgres.decide(() => 'refuse');
    try {
      for (const { gate } of clients()) {
        const error = await errorOf(gate.check(visit(service), as(stranger)));
        expect([Code[error.code], error.metadata.get('steward-error')]).toEqual([
          'Unavailable',
          'dependency_unavailable',
        ]);
        expect(error.message).not.toMatch(/select|postgres|127\.0\.0\.1|fetch/i);
      }
    } finally {
      app.postgres.decide(() => 'none');
    }
  });

  it('answer other methods and types as the protocol says, and carry the request’s id', async () => {
    const path = '/steward.gate.v1.GateService/Check';
    expect((await app.call('GET', path, { as: machine })).status).toBe(405);
    expect(
      (await app.call('POST', path, { as: machine, body: '{}', headers: { 'Content-Type': 'text/plain' } })).status,
    ).toBe(415);
    const service = await openService(app);
    const headers = { 'Connect-Protocol-Version': '1', 'X-Request-Id': 'my-request-7' };
    const answer = await app.call('POST', path, { as: machine, body: visit(service), headers });
    expect([answer.status, answer.json.allow]).toEqual([200, true]);
    expect(answer.headers.get('x-request-id')).toBe('my-request-7');
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect((await app.call('POST', '/steward.gate.v1.GateService/Nothing', { as: machine, body: {} })).status).toBe(
      404,
    );
  });

  it('fail with unavailable behind a bridge whose Worker is gone', async () => {
    const lonely = await startGrpcBridge({ port: 0, workerUrl: 'http://127.0.0.1:9' });
    const gate = createClient(GateService, createGrpcTransport({ baseUrl: lonely.url }));
    const error = await errorOf(gate.check(visit('x'), as(machine)));
    await lonely.close();
    expect([Code[error.code], error.rawMessage]).toEqual(['Unavailable', 'The Worker does not answer.']);
  });
});

describe('gate.proto', () => {
  it('says of every field what the generated code says', async () => {
    const text = await readFile(new URL('../../proto/steward/gate/v1/gate.proto', import.meta.url), 'utf8');
    const written = [...text.matchAll(/^message (\w+) \{([^}]*)\}/gm)].map(([, name, body = '']) => ({
      name,
      fields: [...body.matchAll(/^ {2}(?:(optional|repeated) )?([\w<>, ]+?) (\w+) = (\d+);/gm)].map(
        ([, label = '', type, field, number]) => `${label} ${type} ${field} ${number}`,
      ),
    }));
    const generated = [CheckRequestSchema, CheckResponseSchema].map(({ name, fields }) => ({
      name,
      fields: fields.map((field) => {
        const label = field.proto.proto3Optional ? 'optional' : field.fieldKind === 'list' ? 'repeated' : '';
        return `${label} ${typeOf(field)} ${field.name} ${field.number}`;
      }),
    }));
    expect(generated).toEqual(written);
    expect(generated.flatMap(({ fields }) => fields)).toHaveLength(15);
    expect(file_steward_gate_v1_gate.proto.package).toBe(/^package (.*);$/m.exec(text)?.[1]);
    const [, service, method] =
      /service (\w+) \{[^}]*rpc (\w+)\(CheckRequest\) returns \(CheckResponse\)/.exec(text) ?? [];
    expect([GateService.typeName, GateService.method.check.name]).toEqual([`steward.gate.v1.${service}`, method]);
  });
});

const SCALARS: Record<number, string> = { 5: 'int32', 8: 'bool', 9: 'string' };
function typeOf(field: (typeof CheckResponseSchema.fields)[number]): string {
  if (field.fieldKind === 'map') return `map<${SCALARS[field.mapKey]}, ${SCALARS[field.scalar ?? 0]}>`;
  return SCALARS[field.scalar ?? 0] ?? '?';
}
