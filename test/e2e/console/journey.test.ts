/**
 * A platform engineer's first hour, in a real browser at the shipped program with a real PostgreSQL behind it: the
 * printed link, a database with a wrong password and with the right one, its schema, a role and a grant, a service
 * account's key, a query with it, and the end of it.
 *
 * @module
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  postgresSql,
  shared,
} from '../../servers/index.js';
import { createInstallation, type RunningProgram } from '../support/program.js';
import { openBrowser, picture, tellWhatIsShown, type Visit, visit } from './browser.js';

const password = 'quiet river stone bridge lantern';
const databasePassword = 'a-password-of-the-database';
const databaseRole = `shopper_${process.pid}`;

describeWith(['chromium', 'postgres'], 'the console, from the first start on', () => {
  const installation = createInstallation();
  let server: RunningProgram;
  let browser: Browser;
  let visitor: Visit;
  let database: string;

  beforeAll(async () => {
    const postgres = shared('postgres');
    database = await createPostgresDatabase(postgres);
    await postgresSql(
      postgres,
      `create role ${databaseRole} login password '${databasePassword}';
       create table customers (id bigint primary key, email text not null, region text not null);
       create table orders (id bigint primary key, customer_id bigint not null references customers, total numeric(10,2));
       insert into customers values (1, 'ada@example.com', 'north'), (2, 'grace@example.com', 'south');
       insert into orders values (10, 1, 99.50), (11, 2, 12.00);
       grant select on customers, orders to ${databaseRole};`,
      { database },
    );
    [server, browser] = await Promise.all([installation.start(), openBrowser()]);
    visitor = await visit(browser, server.http);
  });

  beforeEach(() => tellWhatIsShown(visitor));

  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop()).toBe(0);
    installation.remove();
    const postgres = shared('postgres');
    await dropPostgresDatabase(postgres, database);
    await postgresSql(postgres, `drop role ${databaseRole}`);
  });

  const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();
  const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();

  it('opens with the printed link and the first administrator', async () => {
    const { page } = visitor;
    await page.goto(new URL(await server.setupLink()).pathname);
    await page.getByLabel('User name').fill('ada');
    await page.locator('#password').fill(password);
    await page.locator('#confirm').fill(password);
    await press(page, 'Make administrator');
    await page.getByRole('link', { name: /console/i }).click();
    await page.getByLabel('User name').fill('ada');
    await page.locator('input[name=password]').fill(password);
    await press(page, 'Sign in');
    await heading(page, 'Overview');
    await picture(page, 'first-overview');
  });

  it('marks the field of a wrong password and says what to do; then passes stage by stage', async () => {
    const { page } = visitor;
    const { host, port } = shared('postgres');
    await page.goto('/console/sources/add');
    await page.getByLabel('Host').fill(host);
    await page.getByLabel('Port').fill(String(port));
    await page.locator('input[name=database]').fill(database);
    await page.getByLabel('User name at the database').fill(databaseRole);
    const secret = page.locator('input[name=password]');
    await secret.fill('not-the-password');
    await page.locator('input[name=name]').fill('shop');
    await press(page, 'Test');
    await page.getByText('AUTH_INVALID_CREDENTIALS').first().waitFor();
    await page.locator('input[name=password][aria-invalid=true]').waitFor();
    await page.getByText('Check user name and password').first().waitFor();
    await picture(page, 'source-test');

    await secret.fill(databasePassword);
    await press(page, 'Test again');
    await page.getByText('Passed', { exact: true }).waitFor();
    const stages = page.getByRole('list', { name: 'Stages of the connection' }).getByRole('listitem');
    expect(await stages.count()).toBeGreaterThanOrEqual(5);
    await picture(page, 'source-passed');
    await press(page, 'Add source');
    await heading(page, 'shop');
  });

  it('shows the schema, and leads from a table to a grant on it', async () => {
    const { page } = visitor;
    await page.goto('/console/sources/shop?tab=schema&schema=public');
    await page.getByRole('link', { name: 'orders' }).first().click();
    await page.getByText('customer_id').first().waitFor();
    await picture(page, 'schema');

    await page.goto('/console/roles');
    await press(page, 'Add a role');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('bookkeeper');
    await dialog.getByRole('checkbox', { name: 'data.use' }).check();
    await press(page, 'Add the role');
    await heading(page, 'bookkeeper');

    await page.goto('/console/roles/grants/new?source=shop&schema=public&table=orders&role=bookkeeper');
    await page.getByRole('combobox', { name: 'total is shown as' }).click();
    await page.getByRole('option', { name: 'empty', exact: true }).click();
    await press(page, 'Add a condition');
    await page.getByRole('combobox', { name: 'How id is compared' }).click();
    await page.getByRole('option', { name: '≤' }).click();
    await page.getByRole('combobox', { name: 'Value for id' }).fill('10');
    await page.getByText('In one sentence').waitFor();
    await page.getByRole('button', { name: 'Grant it' }).scrollIntoViewIfNeeded();
    await picture(page, 'grant');
    await press(page, 'Grant it');
    await heading(page, 'bookkeeper on Orders');
  });

  it('gives a service account a key, which reads what was granted and nothing else, until it is revoked', async () => {
    const { page } = visitor;
    await page.goto('/console/service-accounts');
    await press(page, 'Add a service account');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('User name').fill('ledger');
    const roles = dialog.getByRole('combobox', { name: 'Roles' });
    await roles.fill('bookkeeper');
    await page.getByRole('option', { name: 'bookkeeper' }).click();
    await press(page, 'Add ledger');
    const value = (await page.locator('[data-secret]').first().textContent()) ?? '';
    expect(value.length).toBeGreaterThan(20);
    await picture(page, 'key');

    const ask = async (table: string) => {
      const response = await fetch(`${server.http}/data/v1/shop/${table}?order=id`, {
        headers: { authorization: `Bearer ${value}` },
      });
      return { status: response.status, body: (await response.json()) as { data?: unknown; code?: string } };
    };
    expect(await ask('orders')).toMatchObject({
      status: 200,
      body: { data: [{ id: 10, customer_id: 1, total: null }] },
    });
    expect(await ask('customers')).toMatchObject({ status: 403, body: { code: 'data.dataset_denied' } });

    await page.goto('/console/explain?user=ledger&source=shop&object=orders&operation=delete');
    await page.getByText('none of them allows this operation').first().waitFor();
    await picture(page, 'explain');

    await page.goto('/console/service-accounts/ledger');
    await heading(page, 'ledger');
    await page.getByRole('link', { name: 'ledger 1' }).click();
    await heading(page, 'ledger 1');
    await press(page, 'Remove');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Remove/ })
      .click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await ask('orders')).toMatchObject({ status: 401 });
    await picture(page, 'revoked');
  });

  it('wrote all of it down, in a trail that proves itself, and signs out', async () => {
    const { page } = visitor;
    await page.goto('/console/audit');
    await page.getByRole('table').getByText('api_key.deleted').waitFor();
    await press(page, 'Verify the trail');
    await page.getByText('The trail is whole').waitFor();
    await picture(page, 'audit');
    await page.goto('/console/');
    await page.getByText('Sign-ins').waitFor();
    await picture(page, 'overview');
    await press(page, 'Account ada');
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in to Latchkey' }).waitFor();
    await page.goto('/console/people');
    await page.getByRole('heading', { level: 1, name: 'Sign in to Latchkey' }).waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});
