/**
 * The staff pages in a real browser, over two real servers: a hospital with a treatment history, and a centre that
 * pulled it and took a patient's answers.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { answer } from '../../src/demo/answers.ts';
import { centrePatients } from '../../src/demo/centre-data.ts';
import { createClient } from '../../src/demo/client.ts';
import { hospitalRecords } from '../../src/demo/hospital-data.ts';
import { CAST } from '../../src/demo/people.ts';
import { type Started, start } from '../http/start.ts';
import { browserMissing, openBrowser } from '../support/browser.ts';

const missing = browserMissing();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);
const inBrowser = missing === undefined ? describe : describe.skip;
if (missing !== undefined) process.stderr.write(`The tests of the pages are left out: ${missing}.\n`);

const PHONE = { width: 390, height: 700 };
const DESK = { width: 1200, height: 900 };
const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const FEVER = new Date(Date.now() - 2 * 3_600_000);
const DAY = 86_400_000;
const weekly = JSON.parse(readFileSync('questionnaires/cancer-weekly/questionnaire.json', 'utf8'));

inBrowser('the staff pages', () => {
  let hospital: Started;
  let centre: Started;
  let browser: Browser;
  const patient = `Patient/${CAST.fever}`;
  const address = (path: string): string => `${centre.app.origin}${path}`;

  beforeAll(async () => {
    hospital = await start({ DATABASE_URL: 'memory:', REFERENCES: 'free' });
    const tertiary = createClient(hospital.app.base);
    for (const resource of hospitalRecords(FEVER)) await tertiary.send('PUT', `${resource.resourceType}/${resource.id}`, resource, 201);
    centre = await start({ DATABASE_URL: 'memory:', HOSPITALS: `City University Hospital=${hospital.app.base}` });
    const primary = createClient(centre.app.base);
    for (const resource of centrePatients(FEVER)) await primary.send('PUT', `${resource.resourceType}/${resource.id}`, resource, 201);
    await centre.app.bridge.pullAll();
    for (const week of [4, 3, 2, 1])
      await primary.send(
        'POST',
        'QuestionnaireResponse',
        answer(weekly, { pain: 5 - week, fatigue: 3, nausea: 2 }, { patient, authored: new Date(FEVER.getTime() - week * 7 * DAY) }),
      );
    await primary.send(
      'POST',
      'QuestionnaireResponse',
      answer(weekly, { fever: true, pain: 2, fatigue: 3, 'anything-else': 'I was shivering all night.' }, { patient, authored: FEVER }),
    );
    browser = await openBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await centre?.app.close();
    await hospital?.app.close();
  });

  async function open(path: string, viewport = PHONE): Promise<Page> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    const outside: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(centre.app.origin)) outside.push(request.url());
    });
    await page.goto(address(path));
    expect(outside).toEqual([]);
    return page;
  }

  async function violations(page: Page): Promise<readonly string[]> {
    await page.evaluate(AXE);
    const result = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] };
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  }

  const overflow = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  test('the worklist says who, how urgent, since when and due when, and nothing of what ails them', async () => {
    const page = await open('/');
    const row = page.locator('tr', { hasText: 'Margaret Ellis' });
    const text = await row.innerText();
    expect(text).toMatch(/Critical/);
    expect(text).toMatch(/20\d\d, \d\d:\d\d[\s\S]*(in|overdue by) \d+ (minutes|hours)[\s\S]*20\d\d, \d\d:\d\d/);
    const all = `${await page.innerText('body')} ${await page.title()} ${await page.locator('a').evaluateAll((links) => links.map((link) => (link as unknown as { href: string }).href).join(' '))}`;
    expect(all).not.toMatch(/fever|pain|cancer|chemo|questionnaire|phq|symptom check|osteopor|depress|suicid/i);
  });

  test.each([['/'], [`/patients/${CAST.fever}`]])('%s has no barrier that axe finds, on a phone or a desk, and never scrolls sideways', async (path) => {
    for (const viewport of [PHONE, DESK]) {
      const page = await open(path, viewport);
      expect(await violations(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
    }
  });

  test('with text twice as large nothing is cut off or pushed sideways', async () => {
    const page = await open(`/patients/${CAST.fever}`);
    await page.evaluate("document.documentElement.style.fontSize = '225%'");
    expect(await overflow(page)).toBe(0);
  });

  test('on a phone the first screen shows the reason, its date and the last hospital treatment', async () => {
    const page = await open(`/patients/${CAST.fever}`);
    const bottom = async (selector: string, text: RegExp): Promise<number> => {
      const found = page.locator(selector, { hasText: text }).first();
      const box = await found.boundingBox();
      if (box === null) throw new Error(`${selector} with ${text} is not on the page`);
      return box.y + box.height;
    };
    expect(await bottom('#reason .lead', /Fever/)).toBeLessThan(PHONE.height);
    expect(await bottom('#reason p', /Reported .*20\d\d/)).toBeLessThan(PHONE.height);
    expect(await bottom('#last-treatment', /9 days before this report/)).toBeLessThan(PHONE.height);
    expect(await page.innerText('#last-treatment')).toMatch(/City University Hospital, fetched/);
  });

  test('no page needs a script', async () => {
    const page = await open(`/patients/${CAST.fever}`);
    expect(await page.locator('script').count()).toBe(0);
  });

  test('what the patient wrote, each source and each state of knowing are said', async () => {
    const text = await (await open(`/patients/${CAST.fever}`)).innerText('main');
    expect(text).toContain('I was shivering all night.');
    expect(text).toMatch(/Allergies[\s\S]*City University Hospital: .*fetched/);
    const unshared = await (await open(`/patients/${CAST.noConsent}`)).innerText('main');
    expect(unshared).toMatch(/Medicines\s+City University Hospital: not shared: there is no valid consent/);
    const unconfirmed = await (await open(`/patients/${CAST.nearMatch}`)).innerText('main');
    expect(unconfirmed).toMatch(/never fetched: somebody must confirm/);
  });

  test('by keyboard alone an alert is acknowledged, assessed, acted upon and closed', async () => {
    const page = await open(`/patients/${CAST.fever}`, DESK);
    const said = (text: string): Promise<void> => page.locator('[role=status]', { hasText: text }).waitFor({ timeout: 10_000 });
    await page.getByRole('textbox', { name: 'Your name' }).first().focus();
    await page.keyboard.type('Nurse Berg');
    await page.keyboard.press('Enter');
    await said('you have seen this');

    const critical = page.locator('section[aria-labelledby]').first();
    await critical.getByRole('radio', { name: 'By telephone' }).focus();
    await page.keyboard.press('Space');
    await critical.getByRole('radio', { name: 'Severe' }).focus();
    await page.keyboard.press('Space');
    await critical.getByRole('button', { name: 'Record the assessment' }).focus();
    await page.keyboard.press('Enter');
    await said('assessment is recorded');

    await page.getByRole('radio', { name: 'Referral' }).first().focus();
    await page.keyboard.press('Space');
    await page
      .getByRole('textbox', { name: /Referred to/ })
      .first()
      .fill('City University Hospital, oncology');
    await page.getByRole('button', { name: 'Record the action' }).first().focus();
    await page.keyboard.press('Enter');
    await said('What was done is recorded');
    await expect(page.innerText('main')).resolves.toMatch(/Referrals[\s\S]*oncology/);

    await page.getByRole('textbox', { name: 'Reason' }).first().fill('Seen in hospital, antibiotics given.');
    await page.getByRole('button', { name: 'Close this alert' }).first().focus();
    await page.keyboard.press('Enter');
    await said('The alert is closed');
    const flags = await createClient(centre.app.base).search(`Flag?patient=${CAST.fever}&status=active&code=fever`);
    expect(flags).toEqual([]);
  });

  test('a form that the rules refuse says why, keeps what was typed and writes nothing', async () => {
    const client = createClient(centre.app.base);
    await client.send('POST', 'QuestionnaireResponse', answer(weekly, { bleeding: true }, { patient, authored: new Date() }));
    const page = await open(`/patients/${CAST.fever}`, DESK);
    await page.getByText('Close the alert').first().click();
    const form = page.locator('form', { has: page.getByRole('button', { name: 'Close this alert' }) }).first();
    await form.getByRole('textbox', { name: 'Your name' }).fill('Nurse Berg');
    await form.getByRole('textbox', { name: 'Reason' }).fill('It has stopped.');
    await form.getByRole('button', { name: 'Close this alert' }).click();
    await page.getByRole('alert').waitFor();
    expect(await form.getByRole('textbox', { name: 'Reason' }).inputValue()).toBe('It has stopped.');
    expect(await form.getByRole('textbox', { name: 'Reason' }).isVisible()).toBe(true);
    expect(await client.search(`Flag?patient=${CAST.fever}&status=active&code=bleeding`)).toHaveLength(1);
  });

  test('a form from before somebody else worked on the alert says so and keeps what was typed', async () => {
    const page = await open(`/patients/${CAST.fever}`, DESK);
    await page.locator('input[name=version]').evaluateAll((inputs) => {
      for (const input of inputs) input.setAttribute('value', '0');
    });
    await page.getByText('Record an assessment').first().click();
    const form = page.locator('form', { has: page.getByRole('button', { name: 'Record the assessment' }) }).first();
    await form.getByRole('textbox', { name: 'Your name' }).fill('Nurse Berg');
    await form.getByRole('radio', { name: 'In person' }).check();
    await form.getByRole('radio', { name: 'Mild' }).check();
    await form.getByRole('textbox', { name: /What you found/ }).fill('A small bruise.');
    await form.getByRole('button', { name: 'Record the assessment' }).click();
    expect(await page.getByRole('alert').innerText()).toMatch(/^This alert has changed since you opened the page/);
    expect(await form.getByRole('textbox', { name: /What you found/ }).inputValue()).toBe('A small bruise.');
    expect(await form.getByRole('radio', { name: 'In person' }).isChecked()).toBe(true);
  });

  test('whether the hospital means the same person is decided on a page, and the next pull heeds it', async () => {
    const client = createClient(centre.app.base);
    const page = await open('/', DESK);
    await page.getByRole('link', { name: '刘建国' }).first().click();
    expect(await page.innerText('main')).toMatch(/birth date here[\s\S]*birth date at City University Hospital/i);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('radio', { name: /^Yes/ }).check();
    await page.getByRole('textbox', { name: 'Your name' }).fill('Nurse Berg');
    await page.getByRole('button', { name: 'This is done' }).click();
    await page.locator('[role=status]').waitFor();
    expect(await client.search(`Condition?patient=${CAST.nearMatch}`)).toEqual([]);
    await centre.app.bridge.pullAll();
    expect((await client.search(`Condition?patient=${CAST.nearMatch}`)).length).toBeGreaterThan(0);
  });

  test('what the patient wrote goes once somebody says that they have read it', async () => {
    const page = await open(`/patients/${CAST.fever}`, DESK);
    const words = page.getByText('I was shivering all night.', { exact: true });
    const section = page.locator('form', { has: page.getByRole('button', { name: 'I have read this' }) });
    await section.getByRole('textbox', { name: 'Your name' }).fill('Nurse Berg');
    await section.getByRole('button').click();
    await page.locator('[role=status]', { hasText: 'you have read this' }).waitFor();
    expect(await page.getByRole('button', { name: 'I have read this' }).count()).toBe(0);
    expect(await words.count()).toBeLessThanOrEqual(1);
  });

  test('an answer that was refused but holds a warning sign can be read, even where nobody knows whose it is', async () => {
    const client = createClient(centre.app.base);
    const broken = { ...answer(weekly, { 'chest-pain': true, pain: 3 }, { patient: 'Patient/nobody', authored: new Date() }) };
    await client.send('POST', 'QuestionnaireResponse', broken, 422);
    const page = await open('/', DESK);
    expect(await page.innerText('body')).not.toMatch(/chest/i);
    await page.getByRole('link', { name: 'Unknown patient' }).click();
    expect(await page.innerText('main')).toMatch(/Chest pain\s+yes/);
    await page.getByRole('textbox', { name: 'Your name' }).fill('Nurse Berg');
    await page.getByRole('button', { name: 'This is done' }).click();
    await page.locator('[role=status]').waitFor();
    await page.goto(address('/'));
    expect(await page.getByRole('link', { name: 'Unknown patient' }).count()).toBe(0);
  });
});
