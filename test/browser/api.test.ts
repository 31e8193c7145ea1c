/** The pages about the REST interface in a real browser: on a telephone, without script, and each example tried. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type Started, start } from '../http/start.ts';
import { browserMissing, openBrowser } from '../support/browser.ts';

const missing = browserMissing();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);
const inBrowser = missing === undefined ? describe : describe.skip;
if (missing !== undefined) process.stderr.write(`The tests of the API's pages are left out: ${missing}.\n`);

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const WIDTHS = [320, 1200];

inBrowser('the pages about the API', () => {
  let server: Started;
  let browser: Browser;

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:' });
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.app.close();
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(8000);
    await page.goto(`${server.app.origin}${path}`);
    return page;
  }

  test.each(['/api', '/api/Patient', '/api/Observation'])(
    '%s has nothing that axe finds wrong, at no width',
    async (path) => {
      for (const width of WIDTHS) {
        const page = await open(path, { viewport: { width, height: 800 } });
        await page.evaluate(AXE);
        const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] };
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        await page.context().close();
      }
    },
    60_000,
  );

  test('without script a search is put together by a form', async () => {
    const page = await open('/api', { javaScriptEnabled: false });
    await page.getByRole('link', { name: 'Patient', exact: true }).click();
    await page.getByLabel('Parameter').selectOption('family');
    await page.getByLabel('Modifier, where one is wanted').fill('exact');
    await page.getByLabel('Value').fill('Lee & Sons');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(page.url()).toBe(`${server.app.base}/Patient?family:exact=Lee%20%26%20Sons`);
    expect(JSON.parse((await page.textContent('body')) ?? '')).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
    await page.context().close();
  });
});
