import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answer,
  eventually,
  expectQuiet,
  settled,
  startWeb,
  violations,
  visit,
  type Watched,
  type Web,
} from './browser.ts';

let web: Web;
let owner: Watched;
beforeAll(async () => {
  web = await startWeb();
  owner = await web.open('owner', '/access');
});
afterAll(() => web.stop());

const rows = async (sql: string, ...values: unknown[]) => (await web.app.db.query(sql, values)).rows;
const adminOf = async (email: string) => (await rows('SELECT * FROM admins WHERE email = $1', email))[0];
const rolesOf = async (adminId: string) =>
  (await rows('SELECT r.name FROM grants g JOIN roles r ON r.id = g.role_id WHERE g.admin_id = $1', adminId)).map(
    ({ name }) => name,
  );

/** Types into a field that finds, and takes what it found. */
async function pick({ page }: Watched, field: string, text: string): Promise<void> {
  await page.getByRole('dialog').getByRole('combobox', { name: field }).fill(text);
  await page.getByRole('option', { name: text }).click();
}

describe('admins', () => {
  const EMAIL = 'new@example.com';

  it('are added, given a role, and it is taken back again by undo', async () => {
    const { page } = owner;
    await settled(page);
    await page.getByRole('button', { name: 'New admin' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'New admin' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill('New');
    await dialog.getByRole('textbox', { name: 'E-mail' }).fill(EMAIL);
    await dialog.getByRole('textbox', { name: 'Subject' }).fill('idp|new');
    await dialog.getByRole('button', { name: 'Create' }).press('Enter');
    await page.getByText('Nothing: this admin is refused everywhere.').waitFor();
    const { id } = await adminOf(EMAIL);
    await page.getByRole('dialog').getByRole('link', { name: 'Grants' }).press('Enter');
    await page.waitForURL(`**/access?view=grants&admin=${id}`);
    await page.getByRole('button', { name: 'New grant' }).press('Enter');
    await pick(owner, 'Role', 'auditor');
    await answer(page, 'Give the role');
    await eventually(
      () => rolesOf(id),
      (held) => expect(held).toEqual(['auditor']),
    );
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(
      () => rolesOf(id),
      (held) => expect(held).toEqual([]),
    );
  });

  it('are locked with a reason, which is in the audit trail; nobody locks themselves', async () => {
    const { page } = owner;
    const { id } = await adminOf(EMAIL);
    await visit(owner.page, `/access?view=admins&admin=${id}`);
    await page.getByRole('button', { name: 'Lock', exact: true }).press('Enter');
    const dialog = page.getByRole('dialog', { name: `Lock ${EMAIL}?` });
    const lock = dialog.getByRole('button', { name: 'Lock' });
    expect(await lock.isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('left us');
    await lock.press('Enter');
    await eventually(
      () => adminOf(EMAIL),
      ({ status }) => expect(status).toBe('locked'),
    );
    const [record] = await rows(
      `SELECT reason, after_state FROM audit_outbox WHERE resource_id = $1 AND action = 'admin.update'`,
      id,
    );
    expect([record.reason, record.after_state.status]).toEqual(['left us', 'locked']);
    await visit(owner.page, `/access?view=admins&admin=${web.admins.owner.id}`);
    const own = page.getByRole('button', { name: 'Lock', exact: true });
    expect(await own.getAttribute('aria-disabled')).toBe('true');
    await own.focus();
    await page.getByRole('tooltip', { name: /Nobody locks or removes themselves/ }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

describe('roles', () => {
  it('are made of permissions, and the matrix shows them', async () => {
    await visit(owner.page, '/access?view=roles');
    const { page } = owner;
    await page.getByRole('button', { name: 'New role' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'New role' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill('on-call');
    await dialog.getByRole('checkbox', { name: /^See services/ }).press('Space');
    await dialog.getByRole('checkbox', { name: /^Start operations/ }).press('Space');
    await dialog.getByRole('button', { name: 'Create' }).press('Enter');
    await page.getByRole('button', { name: 'on-call' }).waitFor();
    const [made] = await rows(`SELECT permissions FROM roles WHERE name = 'on-call'`);
    expect(made.permissions).toEqual(['operations.execute', 'services.view']);
    const held = page.locator('[data-permission] td:last-of-type[data-held="true"]');
    expect(await held.count()).toBe(2);
  });
});

describe('grants', () => {
  it('say why the last owner keeps its own', async () => {
    await visit(owner.page, `/access?view=grants&admin=${web.admins.owner.id}`);
    const { page } = owner;
    await page.getByRole('button', { name: 'Take away' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: /^Take owner from/ });
    await dialog.getByText('That is your own').waitFor();
    await dialog.getByRole('textbox', { name: 'Type owner to confirm' }).fill('owner');
    await dialog.getByRole('button', { name: 'Take away' }).press('Enter');
    await page.getByText('This is the last active owner').waitFor();
    expect(await rolesOf(web.admins.owner.id)).toEqual(['owner']);
  });
});

describe('sessions', () => {
  it('are ended: the next request of whoever it is is refused', async () => {
    const viewer = await web.signIn('viewer');
    await visit(owner.page, `/access?view=sessions&admin=${web.admins.viewer.id}`);
    const { page } = owner;
    await page.getByRole('button', { name: 'End', exact: true }).press('Enter');
    await answer(page, 'End');
    await page.getByText('The session is ended').waitFor();
    await viewer.page.getByRole('link', { name: 'My account' }).click();
    await viewer.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    await viewer.page.context().close();
  });
});

describe('my account', () => {
  it('lists my sessions without any permission for it, marks this one, and signs out everywhere', async () => {
    const { page } = await web.signIn('viewer', '/me');
    await settled(page);
    const alive = () =>
      rows('SELECT id FROM admin_sessions WHERE admin_id = $1 AND revoked_at IS NULL', web.admins.viewer.id);
    const mine = page.getByRole('row').filter({ hasText: 'Chrome' });
    expect(await mine.count()).toBe((await alive()).length);
    expect(await mine.filter({ hasText: 'This one' }).count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Sign out everywhere' }).press('Enter');
    await answer(page, 'Sign out everywhere');
    await page.waitForURL((url) => url.pathname !== '/me');
    expect(await alive()).toEqual([]);
    expectQuiet(owner);
  });

  it('keeps whether usage is told, and how the pages look', async () => {
    await visit(owner.page, '/me');
    const { page } = owner;
    const told = page.getByRole('switch', { name: 'Tell what I do in these pages' });
    await told.press('Space');
    await page.getByRole('radio', { name: 'UTC' }).press('Space');
    await page.reload();
    await settled(page);
    expect([await told.isChecked(), await page.getByRole('radio', { name: 'UTC' }).isChecked()]).toEqual([false, true]);
  });
});
