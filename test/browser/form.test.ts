/** Forms filled in by a real browser: with and without script, by keyboard, on a small telephone, in large type. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createClient } from '../../src/demo/client.ts';
import { type Started, start } from '../http/start.ts';
import { browserMissing, openBrowser } from '../support/browser.ts';

const missing = browserMissing();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);
const inBrowser = missing === undefined ? describe : describe.skip;
if (missing !== undefined) process.stderr.write(`The tests of the forms are left out: ${missing}.\n`);

const PHONE = { width: 390, height: 800 };
const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const SINK = JSON.parse(readFileSync('test/browser/form-kitchen-sink.json', 'utf8'));
const number = (linkId: string, text: string, more: object = {}) => ({ linkId, text, type: 'integer', ...more });
const answerTo = (linkId: string): string => `%resource.item.where(linkId='${linkId}').answer.value`;
const fhirpath = (name: string, expression: string) => ({
  url: `http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-${name}`,
  valueExpression: { language: 'text/fhirpath', expression },
});
const SUM = {
  resourceType: 'Questionnaire',
  id: 'sum',
  url: 'urn:example:sum',
  status: 'active',
  item: [
    { linkId: 'room', type: 'string', text: 'Your room', extension: [fhirpath('initialExpression', "'Room 7'")] },
    number('day', 'By day'),
    number('night', 'By night'),
    number('all', 'In all', {
      extension: [fhirpath('calculatedExpression', `${answerTo('day')} + ${answerTo('night')}`)],
    }),
  ],
};
const INSTRUMENTS = ['cancer-weekly', 'esas-r', 'gad-7', 'osteoporosis-check', 'pain-diary', 'phq-9'];

inBrowser('the form pages', () => {
  let server: Started;
  let browser: Browser;
  let people = 0;

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:' });
    await client().send('PUT', 'Questionnaire/kitchen-sink', SINK, 201);
    await client().send('PUT', 'Questionnaire/sum', SUM, 201);
    browser = await openBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.app.close();
  });

  const client = () => createClient(server.app.base);
  const address = (path: string): string => `${server.app.origin}${path}`;

  /** Each test has a patient of its own. */
  async function somebody(): Promise<string> {
    people += 1;
    const id = `person-${people}`;
    await client().send('PUT', `Patient/${id}`, { resourceType: 'Patient', id, name: [{ text: 'Margaret Ellis' }] }, 201);
    await client().send('PUT', `RelatedPerson/kin-${people}`, kin(id), 201);
    return id;
  }
  const kin = (patient: string) => ({
    resourceType: 'RelatedPerson',
    id: `kin-${people}`,
    patient: { reference: `Patient/${patient}` },
    name: [{ text: 'Tom Ellis' }],
  });

  async function begun(form: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: PHONE, ...options });
    context.setDefaultTimeout(8000);
    const page = await context.newPage();
    await page.goto(address(`/form/${form}?patient=${await somebody()}`));
    await page.locator('input[name=who][value=self]').check();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.locator('#form').waitFor();
    return page;
  }

  const send = (page: Page): Promise<void> => page.getByRole('button', { name: 'Send the answers' }).click();

  /** `colours`: their contrast is the same in every form, and slow to look at. */
  async function violations(page: Page, colours = true): Promise<readonly string[]> {
    await page.evaluate(AXE);
    const result = (await page.evaluate(`axe.run({ resultTypes: ['violations'], rules: { 'color-contrast': { enabled: ${colours} } } })`)) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(' | ')}`);
  }

  /** Axe needs scripts: a page that has none is looked at beside it. */
  async function violationsAt(address: string): Promise<readonly string[]> {
    const page = await (await browser.newContext({ viewport: PHONE })).newPage();
    await page.goto(address);
    const found = await violations(page);
    await page.context().close();
    return found;
  }

  const overflow = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  const stored = (page: Page): Promise<QuestionnaireResponse> =>
    client().read<QuestionnaireResponse>(`QuestionnaireResponse/${new URL(page.url()).pathname.split('/')[3]}`);

  /** The first answer to every question that is chosen, and words where one types. */
  const ANSWER_ALL = `for (const set of document.querySelectorAll('[role=radiogroup]')) set.querySelector('input[type=radio]')?.click();
    for (const field of document.querySelectorAll('.item input[inputmode=numeric]')) { field.value = '2'; field.dispatchEvent(new Event('input', { bubbles: true })); }`;

  test.each(INSTRUMENTS)('%s is filled in and sent without script, and never scrolls sideways', async (form) => {
    const page = await begun(form, { javaScriptEnabled: false });
    expect(await overflow(page)).toBe(0);
    expect(await page.title()).toBe('Forms – PRO Bridge');
    await page.evaluate(ANSWER_ALL);
    await send(page);
    if (!page.url().includes('/form/sent/')) await send(page);
    expect(await page.innerText('main')).toContain('Your answers were sent.');
    expect((await stored(page)).status).toBe('completed');
    await page.context().close();
  });

  test.each(INSTRUMENTS)('%s is filled in and sent with script, and has no barrier that axe finds', async (form) => {
    const page = await begun(form);
    expect(await violations(page, false)).toEqual([]);
    await page.evaluate(ANSWER_ALL);
    await page.locator('#saved', { hasText: 'Saved' }).waitFor();
    await send(page);
    await page.waitForURL(/\/form\/sent\//);
    expect(await page.innerText('main')).toContain('Your answers were sent.');
    expect((await stored(page)).status).toBe('completed');
    await page.context().close();
  });

  test('a form with every kind of question answers to what is typed, is refused with links to each fault, and arrives whole', async () => {
    const page = await begun('kitchen-sink');
    expect(await violations(page, false)).toEqual([]);
    await page.getByRole('checkbox', { name: 'Rash' }).check();
    await page.getByText('Since when do you have the rash?').waitFor();
    expect(await page.evaluate('document.activeElement.type')).toBe('checkbox');
    expect(await page.locator('body > [role=status]').innerText()).toContain('More questions are shown.');
    await page.getByRole('checkbox', { name: 'None of these' }).check();
    expect(await page.getByRole('checkbox', { name: 'Rash' }).isChecked()).toBe(false);
    await page.getByText('Since when do you have the rash?').waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: 'Rash' }).check();
    await page.getByText('Since when do you have the rash?').waitFor();
    await page.getByRole('radio', { name: '4', exact: true }).first().check();
    await page.locator('output', { hasText: '8' }).waitFor();

    await page.getByLabel('How old are you?').fill('seven');
    await page.getByLabel('What shall we call you?').fill('R2D2');
    await send(page);
    expect(await page.locator('#summary').innerText()).toMatch(/How old are you\?: “seven” was not understood/);
    expect(await page.evaluate('document.activeElement.id')).toBe('summary');
    expect(await page.getByLabel('How old are you?').inputValue()).toBe('seven');
    expect(await violations(page)).toEqual([]);
    await page.locator('#summary a').first().click();
    expect(await page.evaluate('document.activeElement.value')).toBe('seven');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('７５');
    await send(page);
    const faults = page.locator('#summary', { hasText: 'digits' });
    await faults.waitFor();
    expect(await faults.innerText()).toMatch(
      /Do you agree to answer\?: Please answer this question\.[\s\S]*What shall we call you\?: A name has no digits in it/,
    );

    await page.getByLabel('What shall we call you?').fill('Margaret');
    await page
      .getByRole('radiogroup', { name: /Do you agree/ })
      .getByText('Yes')
      .click();
    await page
      .getByRole('radiogroup', { name: /Would you like a call/ })
      .getByText('No, thank you')
      .click();
    await page.getByLabel('Choose a file').setInputFiles({ name: 'rash.png', mimeType: 'image/png', buffer: Buffer.from('a picture') });
    await page
      .getByRole('group', { name: /How much do you weigh/ })
      .getByRole('textbox')
      .fill('61,5');
    await page
      .getByRole('group', { name: /How much do you weigh/ })
      .getByRole('combobox')
      .selectOption('kg');
    await page.getByLabel('Other: please say').fill('Quince');
    await page.getByLabel('Search the list').fill('morph');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByLabel('Morphine 10 mg').check();
    await page.getByLabel('When did it begin?').fill('2026-11-20T09:30');
    await page.getByLabel('Answer 1').fill('001');
    await page.getByRole('button', { name: 'Add another answer' }).click();
    await page.getByLabel('Answer 2').waitFor();
    await page.getByLabel('Answer 2').fill('002');
    await page.getByLabel('When did you fall?').fill('2026-11-01');
    await page.getByRole('button', { name: 'Add another: Falls' }).click();
    await page.getByLabel('When did you fall?').nth(1).fill('2026-11-02');
    await page.locator('select', { hasText: 'Tom Ellis' }).selectOption({ label: 'Tom Ellis' });
    await send(page);
    await page.waitForURL(/\/form\/sent\//);

    const response = await stored(page);
    const answers = Object.fromEntries((response.item ?? []).map(({ linkId, answer, item }) => [linkId, answer ?? item]));
    expect(answers).toMatchObject({
      age: [{ valueInteger: 75 }],
      weight: [{ valueQuantity: { value: 61.5, unit: 'kilograms', system: 'http://unitsofmeasure.org', code: 'kg' } }],
      pain: [{ valueInteger: 4 }],
      twice: [{ valueInteger: 8 }],
      symptoms: [{ valueCoding: { code: 'rash' } }],
      'rash-photo': [{ valueAttachment: { contentType: 'image/png', title: 'rash.png', size: 9 } }],
      fruit: [{ valueString: 'Quince' }],
      medicine: [{ valueCoding: { system: 'urn:example:medicines', code: 'm3', display: 'Morphine 10 mg' } }],
      when: [{ valueDateTime: '2026-11-20T09:30:00+00:00' }],
      phones: [{ valueString: '001' }, { valueString: '002' }],
      helper: [{ valueReference: { reference: `RelatedPerson/kin-${people}` } }],
      fixed: [{ valueString: 'Riverside' }],
      secret: [{ valueString: 'form-7' }],
      pages: [{ valueString: 'No, thank you' }],
    });
    expect(response.item?.filter(({ linkId }) => linkId === 'falls').map(({ item }) => item?.[0]?.answer?.[0]?.valueDate)).toEqual([
      '2026-11-01',
      '2026-11-02',
    ]);
    const url = response.item?.find(({ linkId }) => linkId === 'rash-photo')?.answer?.[0]?.valueAttachment?.url;
    expect(await client().read(url ?? '')).toMatchObject({ resourceType: 'Binary', data: Buffer.from('a picture').toString('base64') });
    await page.context().close();
  });

  test('with text twice as large, at 320 pixels and from right to left nothing is pushed sideways', async () => {
    const page = await begun('kitchen-sink', { viewport: { width: 320, height: 700 }, locale: 'ar' });
    expect(await page.getAttribute('html', 'dir')).toBe('rtl');
    expect(await page.innerText('main')).toContain('هل توافق على الإجابة؟');
    expect(await violations(page, false)).toEqual([]);
    await page.evaluate("document.documentElement.style.fontSize = '225%'");
    expect(await overflow(page)).toBe(0);
    await page.context().close();
  });

  test('by keyboard alone, one question at a time, and looked over before it is sent', async () => {
    const page = await begun('gad-7', { javaScriptEnabled: false });
    const press = async (name: RegExp, then: RegExp): Promise<void> => {
      await page.getByRole('button', { name }).first().focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(then);
    };
    await press(/One question at a time/, /pace=one/);
    for (let question = 1; question <= 7; question += 1) {
      await page.locator('#progress', { hasText: `Question ${question} of 7` }).waitFor();
      await page.locator('#form [role=radiogroup] input[type=radio]').first().focus();
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowDown');
      await page.locator('button.big').focus();
      await page.keyboard.press('Enter');
    }
    await page.getByText('Look over your answers').waitFor();
    expect(await page.locator('dd', { hasText: 'Several days' }).count()).toBe(7);
    expect(await violationsAt(page.url())).toEqual([]);
    await press(/Send the answers/, /\/form\/sent\//);
    const score = await client().search(`Observation?patient=person-${people}&code=http://loinc.org|70274-6`);
    expect(score).toMatchObject([{ valueQuantity: { value: 7 } }]);
    await page.context().close();
  });

  test('after a warning sign the page says first and large what to do now, with a telephone link', async () => {
    const page = await begun('phq-9', { javaScriptEnabled: false });
    await page
      .getByRole('radiogroup', { name: /better off dead/ })
      .getByText('Several days')
      .click();
    await send(page);
    const told = page.getByRole('alert');
    expect(await told.innerText()).toMatch(/What to do now/);
    expect(await told.getByRole('link').first().getAttribute('href')).toMatch(/^tel:00\d$/);
    const [alert, thanks] = [await told.boundingBox(), await page.getByText('Your answers were sent.').boundingBox()];
    expect(alert?.y).toBeLessThan(thanks?.y ?? 0);
    expect(`${await page.title()} ${page.url()}`).not.toMatch(/phq|depress|suicid|44260/i);
    expect(await violationsAt(page.url())).toEqual([]);
    await page.context().close();
  });

  test('without a network what was typed stays, and is saved when it is back', async () => {
    const page = await begun('pain-diary');
    await page.context().setOffline(true);
    await page.getByLabel('Is there anything else you want to tell us?').fill('It began at night.');
    await page.getByRole('button', { name: 'Save and go on later' }).click();
    await page.locator('#saved', { hasText: 'Not saved' }).waitFor();
    expect(await page.getByLabel('Is there anything else you want to tell us?').inputValue()).toBe('It began at night.');
    await page.context().setOffline(false);
    await page.locator('#saved', { hasText: /^Saved/ }).waitFor();
    expect(JSON.stringify(await stored(page))).toContain('It began at night.');
    await page.context().close();
  });

  test('what was filled in loses its mark when it is changed; what is worked out follows the answers, also where one has come to its field; what is put in its place stays, until it is taken away', async () => {
    const page = await begun('sum');
    const field = (name: string) => page.getByLabel(name);
    const type = async (name: string, text: string): Promise<void> => {
      const asked = page.waitForResponse((response) => response.request().postData()?.includes('do=state') === true);
      await field(name).fill(text);
      await page.keyboard.press('Tab');
      await asked;
    };
    const all = async (text: string): Promise<void> => {
      for (let tries = 0; tries < 60 && (await field('In all').inputValue()) !== text; tries += 1) await page.waitForTimeout(30);
      expect(await field('In all').inputValue()).toBe(text);
    };
    expect(await violations(page)).toEqual([]);
    const marks = page.getByText('Filled in already. Please check it.');
    expect(await marks.count()).toBe(1);
    await type('Your room', 'Room 8');
    await marks.waitFor({ state: 'detached' });
    await type('By day', '3');
    await type('By night', '2');
    await all('5');
    expect(await page.evaluate('document.activeElement === document.querySelectorAll("input.number")[2]')).toBe(true);
    await type('By night', '4');
    await all('7');
    await type('In all', '9');
    await type('By day', '1');
    await all('9');
    expect((await stored(page)).item?.at(-1)).toMatchObject({ linkId: 'all', answer: [{ valueInteger: 9 }] });
    await type('In all', '');
    await all('5');
    await send(page);
    await page.waitForURL(/\/form\/sent\//);
    expect((await stored(page)).item?.at(-1)).toMatchObject({ linkId: 'all', answer: [{ valueInteger: 5 }] });
    await page.context().close();
  });

  test('with text twice as large on a narrow telephone no word is torn apart, and a scale has three numbers in a row, and nothing jumps below an answer', async () => {
    const page = await begun('pain-diary', { viewport: { width: 360, height: 640 } });
    const large = (): Promise<unknown> => page.evaluate("document.documentElement.style.fontSize = '200%'");
    await large();
    expect(await overflow(page)).toBe(0);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.scale')).gridTemplateColumns.split(' ').length")).toBeGreaterThanOrEqual(3);
    const place = "document.querySelectorAll('.item')[1].getBoundingClientRect().top + scrollY";
    const before = await page.evaluate(place);
    await page.locator('.item').first().locator('input[type=radio]').first().check();
    await page.locator('.item').first().getByRole('button', { name: 'Clear answer' }).waitFor();
    expect(await page.evaluate(place)).toBe(before);
    const torn = `[...document.querySelectorAll('label.choice span, dd:not(:has(button))')].filter((span) => {
      const whole = span.getBoundingClientRect().width;
      const word = document.createElement('span');
      word.style.whiteSpace = 'nowrap';
      document.body.append(word);
      word.style.font = getComputedStyle(span).font;
      const widest = Math.max(...span.textContent.split(' ').map((text) => { word.textContent = text; return word.getBoundingClientRect().width; }));
      word.remove();
      const room = span.localName === 'dd' ? whole : span.parentElement.getBoundingClientRect().right - span.getBoundingClientRect().left;
      return widest > room + 1 || whole === 0;
    }).map((span) => span.textContent)`;
    for (const path of [`/form/pain-diary?patient=person-${people}`, `${new URL(page.url()).pathname}?pace=one&at=99`]) {
      await page.goto(address(path));
      await large();
      expect(await overflow(page)).toBe(0);
      expect(await page.evaluate(torn)).toEqual([]);
    }
    await page.context().close();
  });

  test('over a slow network a second tap on Send does nothing, and Back leads to no second sending', async () => {
    const page = await begun('gad-7');
    const sendings: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.postData()?.includes('do=send') === true) sendings.push(request.url());
    });
    await page.route('**/form/sent/**', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    await page.evaluate(ANSWER_ALL);
    await page.locator('#saved', { hasText: 'Saved' }).waitFor();
    const taps =
      "const big = document.querySelector('button.big'); setInterval(() => big.click(), 20); big.click(); document.getElementById('saved').textContent";
    expect(await page.evaluate(taps)).toBe('Sending …');
    await page.waitForURL(/\/form\/sent\//);
    expect(sendings).toHaveLength(1);
    await page.goBack();
    expect(await page.innerText('main')).toContain('These answers were sent already.');
    await page.context().close();
  });

  test('nothing moves for who wants it so, and what is printed are the questions without the buttons', async () => {
    const page = await begun('pain-diary', { reducedMotion: 'reduce' });
    const moving =
      "[...document.querySelectorAll('*')].some((one) => getComputedStyle(one).transitionDuration !== '0s' || getComputedStyle(one).animationName !== 'none')";
    expect(await page.evaluate(moving)).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.locator('.item').first().isVisible()).toBe(true);
    await page.emulateMedia({ media: 'screen', reducedMotion: 'no-preference' });
    expect(await page.evaluate(moving)).toBe(true);
    await page.context().close();
  });
});
