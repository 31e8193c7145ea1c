/** Answers that cannot be taken in: refused with a reason, and nothing urgent in them lost. */
import type { Binary, OperationOutcome, QuestionnaireResponse } from 'fhir/r4';
import { weekly } from '../answers-given.ts';
import { later } from '../calendar.ts';
import { player } from '../cast.ts';
import { minutesBetween, tasksOf } from '../reading.ts';
import { check, type Scene } from '../story.ts';
import { responseOf, type Tale } from '../tale.ts';

const SENDER = player('education');
const REFUSED = 422;

export function badInput(tale: Tale, now: Date): Scene[] {
  return [
    { at: later(now, -30), title: 'An app sends "pain 14 of 10"', run: () => misfit(tale) },
    { at: later(now, -29), title: 'An app sends the answer of a patient who is not registered', run: () => stranger(tale) },
    { at: later(now, -20), title: 'An app sends "pain 14 of 10" together with chest pain', run: () => misfitWithRedFlag(tale) },
  ];
}

const badAnswer = (tale: Tale, given: { readonly 'chest-pain'?: boolean }): QuestionnaireResponse =>
  responseOf(tale, { patient: SENDER.ref, instrument: 'cancer-weekly', values: weekly({ pain: 14, ...given }) });

/** Refused, and not stored. Resolves to what the sender is told. */
async function refused(tale: Tale, response: QuestionnaireResponse): Promise<string> {
  const before = await answers(tale);
  const { body } = await tale.centre.send<OperationOutcome>('POST', 'QuestionnaireResponse', response, REFUSED);
  check((await answers(tale)) === before, 'nothing is stored');
  return body.issue.map(({ details, diagnostics, expression = [] }) => `${details?.text ?? diagnostics ?? ''} ${expression.join(' ')}`).join(' ');
}

const answers = async ({ centre }: Tale): Promise<number> => (await centre.search('QuestionnaireResponse?_elements=id&_count=1000')).length;

async function misfit(tale: Tale): Promise<string> {
  const told = await refused(tale, badAnswer(tale, {}));
  check(/\bpain\b/.test(told) && told.includes('10'), 'the refusal names the question (linkId "pain") and what is allowed', told);
  return 'refused, with the question and what is allowed';
}

async function stranger(tale: Tale): Promise<string> {
  const told = await refused(tale, responseOf(tale, { patient: 'Patient/nobody', instrument: 'cancer-weekly', values: weekly() }));
  check(told.includes('Patient/nobody'), 'the refusal names the unknown patient', told);
  return 'refused, with the reference that leads nowhere';
}

async function misfitWithRedFlag(tale: Tale): Promise<string> {
  const response = badAnswer(tale, { 'chest-pain': true });
  await refused(tale, response);
  const [task, ...more] = await tasksOf(tale.centre, SENDER.ref, 'unreadable-red-flag');
  check(task !== undefined && more.length === 0, 'one work item asks staff to read the answer', more.length);
  check(task.priority === 'stat', 'it is as urgent as can be', task.priority);
  const allowed = minutesBetween(task.authoredOn, task.restriction?.period?.end);
  check(allowed === 30, 'it is due in 30 minutes', allowed);
  const kept = await tale.centre.read<Binary>(task.input?.[0]?.valueReference?.reference ?? '');
  const text = JSON.parse(Buffer.from(kept.data ?? '', 'base64').toString());
  check(text.authored === response.authored && JSON.stringify(text.item) === JSON.stringify(response.item), 'every word of the answer is kept');
  return 'refused, but kept aside, and staff are called within 30 minutes';
}
