import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clearData, isUnfinished, loadSecrets, markReady, openData, Refusal, requirePort, takeLock } from './state.ts';
import { folder } from './test-folder.ts';

describe('the data folder', () => {
  it('is locked by one start at a time and free again after its release', () => {
    const dir = folder();
    const lock = takeLock(dir, 'one');
    expect(lock.abandoned).toBeNull();
    expect(() => takeLock(dir, 'two')).toThrow(`Steward is already running here (pid ${process.pid}): stop it`);
    lock.release();
    expect(takeLock(dir, 'three').abandoned).toBeNull();
  });

  it.each([
    ['gone', '999999999.old.123'],
    ['replaced by another with its pid', `${process.pid}.old.123`],
  ])('is taken over when its owner is %s', (_, owner) => {
    const dir = folder();
    mkdirSync(join(dir, 'lock'));
    writeFileSync(join(dir, 'lock', owner), '');
    expect(takeLock(dir, 'new').abandoned).toEqual({ run: 'old', pid: Number(owner.split('.')[0]) });
    expect(readdirSync(join(dir, 'lock'))).toHaveLength(1);
    expect(() => takeLock(dir, 'third')).toThrow(Refusal);
  });

  it('keeps its secrets, unreadable for others, and makes broken ones anew', () => {
    const dir = folder();
    const secrets = loadSecrets(dir);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(loadSecrets(dir)).toEqual(secrets);
    writeFileSync(join(dir, 'secrets.json'), '{"rolePass');
    expect(loadSecrets(dir)).not.toEqual(secrets);
  });

  it('adds a secret that the folder of an older version does not have, and leaves the others', () => {
    const dir = folder();
    const secrets = loadSecrets(dir);
    const { keeper, ...older } = secrets.clickhouse;
    writeFileSync(join(dir, 'secrets.json'), JSON.stringify({ ...secrets, clickhouse: older }));
    const now = loadSecrets(dir);
    expect(now).toEqual({ ...secrets, clickhouse: { ...older, keeper: now.clickhouse.keeper } });
    expect(now.clickhouse.keeper).toHaveLength(keeper.length);
    expect(loadSecrets(dir)).toEqual(now);
  });

  it('is never emptied when it holds files that are not ours', () => {
    const dir = folder();
    writeFileSync(join(dir, 'thesis.txt'), '');
    expect(() => openData(dir)).toThrow(/not Steward's/);
    expect(() => clearData(dir)).toThrow(/not Steward's/);
    expect(existsSync(join(dir, 'thesis.txt'))).toBe(true);
  });

  it('is emptied but for the lock, and unfinished until a start was ready', () => {
    const dir = folder();
    openData(dir);
    const lock = takeLock(dir, 'one');
    loadSecrets(dir);
    expect(isUnfinished(dir)).toBe(true);
    markReady(dir);
    expect(isUnfinished(dir)).toBe(false);
    clearData(dir);
    expect(readdirSync(dir).sort()).toEqual(['lock', 'steward-data']);
    lock.release();
  });

  it('refuses a port in use, naming it and one that is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(requirePort(port)).rejects.toThrow(new RegExp(`^Port ${port} is in use .* npm start -- --port \\d+$`));
    server.close();
    await once(server, 'close');
    await expect(requirePort(port)).resolves.toBeUndefined();
  });
});
