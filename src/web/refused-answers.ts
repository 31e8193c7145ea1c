/** Reads what it can of an answer that was refused for a fault in its form: nothing a patient said is hidden from people. */
import { printed } from '../fhir/printed.ts';

interface Said {
  readonly question: string;
  readonly value: string;
}

/** Deeper than any questionnaire. */
const DEEPEST = 20;

/** Questions and values in the order in which they stand; the text itself where it cannot be read as a response. */
export function refusedAnswers(text: string): readonly Said[] {
  const said = itemsIn(parsed(text), 0);
  return said.length > 0 ? said : [{ question: 'As it was sent', value: text }];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const listAt = (value: unknown, key: string): readonly unknown[] => {
  const list = isObject(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
};

function itemsIn(value: unknown, depth: number): readonly Said[] {
  if (depth > DEEPEST) return [];
  return listAt(value, 'item').flatMap((item) => {
    const answers = listAt(item, 'answer');
    const inside = [item, ...answers].flatMap((one) => itemsIn(one, depth + 1));
    return answers.length === 0 ? inside : [{ question: questionOf(item), value: answers.map(printAnswer).join(', ') }, ...inside];
  });
}

function questionOf(item: unknown): string {
  const { text, linkId } = isObject(item) ? item : {};
  return printed(text ?? linkId ?? 'A question without a name');
}

function printAnswer(answer: unknown): string {
  const [, value] = Object.entries(isObject(answer) ? answer : {}).find(([key]) => key.startsWith('value')) ?? [];
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (!isObject(value)) return printed(value ?? 'nothing that can be read');
  return printed(value.display ?? value.code ?? value.value ?? JSON.stringify(value));
}
