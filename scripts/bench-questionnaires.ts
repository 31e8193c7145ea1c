/**
 * How long the questionnaire engine takes: a form of 30 questions and one of 1000, compiled, checked and shown, with
 * and without expressions.
 *
 *   node scripts/bench-questionnaires.ts [--seconds 2]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Extension, Questionnaire, QuestionnaireItem, QuestionnaireResponse } from 'fhir/r4';
import { checkResponse } from '../src/questionnaire/check.ts';
import { checkQuestionnaire } from '../src/questionnaire/check-questionnaire.ts';
import { compilePlan } from '../src/questionnaire/compile.ts';
import { worldAt } from '../src/questionnaire/evaluate.ts';
import { formState } from '../src/questionnaire/state.ts';
import { NO_TERMS } from '../src/questionnaire/terms.ts';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '2' } } });
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
const CORE = 'http://hl7.org/fhir/StructureDefinition/';

const expression = (url: string, text: string): Extension => ({ url, valueExpression: { language: 'text/fhirpath', expression: text } });
const answerTo = (linkId: string): string => `%resource.item.where(linkId = '${linkId}').answer.value`;

const choice = (n: number): QuestionnaireItem => ({
  linkId: `q${n}`,
  text: `Question ${n}`,
  type: 'choice',
  required: true,
  answerOption: [0, 1, 2, 3].map((weight) => ({
    valueCoding: { system: 'http://example.org/scale', code: `c${weight}`, display: `Choice ${weight}` },
    extension: [{ url: `${CORE}itemWeight`, valueDecimal: weight }],
  })),
  ...(n % 5 === 4 ? { enableWhen: [{ question: `q${n - 1}`, operator: 'exists', answerBoolean: true }] } : {}),
});

/** Every `share`-th question is followed by one that is calculated from those before it. */
function form(questions: number, calculated: number): Questionnaire {
  const every = calculated === 0 ? Number.POSITIVE_INFINITY : Math.floor(questions / calculated);
  const item: QuestionnaireItem[] = [];
  for (let n = 0; n < questions; n += 1) {
    item.push(choice(n));
    if (n % every !== every - 1) continue;
    const weights = [n, Math.max(0, n - 1), Math.max(0, n - 2)].map((one) => `${answerTo(`q${one}`)}.weight()`).join(' + ');
    item.push({ linkId: `s${n}`, type: 'decimal', readOnly: true, extension: [expression(`${SDC}calculatedExpression`, weights)] });
  }
  return { resourceType: 'Questionnaire', status: 'active', url: 'http://example.org/q', version: '1', item };
}

const answered = ({ item = [] }: Questionnaire): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: 'http://example.org/q|1',
  authored: '2026-11-22T08:00:00Z',
  item: item
    .filter(({ type }) => type === 'choice')
    .map(({ linkId, text }, n) => ({
      linkId,
      ...(text === undefined ? {} : { text }),
      answer: [{ valueCoding: { system: 'http://example.org/scale', code: `c${n % 4}` } }],
    })),
});

function measure(name: string, run: () => unknown): void {
  const times: number[] = [];
  for (let warm = 0; warm < 3; warm += 1) run();
  const end = performance.now() + Number(options.seconds) * 1000;
  while (performance.now() < end || times.length < 5) {
    const begun = performance.now();
    run();
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => `${(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(3)} ms`.padStart(12);
  console.log(`${name.padEnd(58)} p50 ${at(0.5)}  p99 ${at(0.99)}  (${times.length} runs)`);
}

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, node ${process.version}`);
const now = worldAt(new Date('2026-11-22T08:00:00Z'));
for (const [questions, calculated] of [
  [30, 0],
  [30, 3],
  [1000, 0],
  [1000, 300],
] as const) {
  const name = `${questions} questions, ${calculated} calculated`;
  const questionnaire = form(questions, calculated);
  const plan = compilePlan(questionnaire);
  const response = answered(questionnaire);
  const complete = formState(plan, response, now).response;
  const issues = checkResponse(plan, complete);
  if (issues.length > 0) throw new Error(`the example is not right: ${issues[0]?.text}`);
  measure(`${name}: compile`, () => compilePlan(questionnaire));
  measure(`${name}: check the questionnaire itself`, () => checkQuestionnaire(questionnaire, NO_TERMS));
  measure(`${name}: check a response`, () => checkResponse(plan, complete));
  measure(`${name}: state of the form, calculated anew`, () => formState(plan, response, now));
}
