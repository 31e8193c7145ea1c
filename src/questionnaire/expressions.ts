/** Reads the expressions of a questionnaire out of its extensions. https://hl7.org/fhir/uv/sdc/expressions.html */
import type { Element, Expression, Extension, Questionnaire, QuestionnaireItem } from 'fhir/r4';
import { FhirError } from '../fhir/outcome.ts';
import { analyse } from './analysis.ts';
import { type ExtensionName, expressionIn, extensionsOf, partOf, partsOf, placedExtensions } from './extension.ts';
import {
  ITEM_EXPRESSIONS,
  type ItemExpression,
  LIMIT_EXPRESSIONS,
  type PlanConstraint,
  type PlanExpression,
  type PlanItem,
  type Toggle,
  type Unsupported,
} from './plan.ts';
import { optionKey, readValue } from './value.ts';

/** What is found on the way, over the whole questionnaire. */
export interface Collected {
  readonly expressions: PlanExpression[];
  readonly unsupported: Unsupported[];
}

/** Where an expression is written, and whose it is. */
export interface Owner {
  readonly item: PlanItem | undefined;
  /** FHIRPath of the item, or of the questionnaire. */
  readonly place: string;
  readonly collected: Collected;
}

type Extended = Pick<Questionnaire | QuestionnaireItem, 'extension'>;

const FHIRPATH = 'text/fhirpath';
const QUERY = 'application/x-fhir-query';

export function variablesOf(holder: Extended, owner: Owner): readonly PlanExpression[] {
  return fromExtensions(holder, 'variable', { owner, kind: 'variable' });
}

function fromExtensions(holder: Extended, name: ExtensionName, { owner, kind }: { owner: Owner; kind: PlanExpression['kind'] }): PlanExpression[] {
  return placedExtensions(holder, name).flatMap(({ extension, index }) => {
    const place = `${owner.place}.extension[${index}]`;
    return read(expressionIn(extension), { kind, place, owner }) ?? [];
  });
}

interface Reading {
  readonly kind: PlanExpression['kind'];
  readonly place: string;
  readonly owner: Owner;
}

/** Undefined, and told of, in a language that is not evaluated here. */
function read(expression: Expression | undefined, { kind, place, owner }: Reading): PlanExpression | undefined {
  if (expression === undefined) return undefined;
  const { language = '', expression: text, name } = expression;
  if ((language !== FHIRPATH && language !== QUERY) || typeof text !== 'string') {
    owner.collected.unsupported.push({ kind, language: typeof text === 'string' ? language : 'a reference to a Library', place });
    return undefined;
  }
  requireShort(text, place);
  const analysis = language === FHIRPATH ? analyse(text) : analyseQuery(text);
  const { uses, linkIds, anything } = analysis;
  const made: PlanExpression = {
    kind,
    language,
    text,
    place,
    item: owner.item,
    name: typeof name === 'string' ? name : undefined,
    uses,
    reads: { linkIds, anything },
  };
  owner.collected.expressions.push(made);
  return made;
}

/** Longer ones are not looked into. */
const MOST_CHARACTERS = 10_000;

function requireShort(text: string, place: string): void {
  if (text.length <= MOST_CHARACTERS) return;
  throw new FhirError('invalid', `The expression has ${text.length} characters; at most ${MOST_CHARACTERS} are taken.`, { expression: place });
}

/** What the expressions embedded in a query read, together. */
function analyseQuery(query: string): ReturnType<typeof analyse> {
  const parts = embedded(query).map(({ expression }) => analyse(expression));
  return {
    uses: new Set(parts.flatMap(({ uses }) => [...uses])),
    linkIds: new Set(parts.flatMap(({ linkIds }) => [...linkIds])),
    anything: parts.some(({ anything }) => anything),
  };
}

/** The `{{…}}` of a query. https://hl7.org/fhir/uv/sdc/expressions.html#x-fhir-query-enhancements */
export function embedded(query: string): readonly { readonly expression: string; readonly start: number; readonly end: number }[] {
  const parts: { expression: string; start: number; end: number }[] = [];
  for (let start = query.indexOf('{{'); start >= 0; ) {
    const close = query.indexOf('}}', start);
    const end = close < 0 ? query.length : close + 2;
    parts.push({ expression: query.slice(start + 2, close < 0 ? query.length : close), start, end });
    start = query.indexOf('{{', end);
  }
  return parts;
}

export function constraintsOf(holder: Extended, owner: Owner): readonly PlanConstraint[] {
  return placedExtensions(holder, 'constraint').flatMap(({ extension, index }): readonly PlanConstraint[] => {
    const part = partOf(extension, 'expression');
    const place = `${owner.place}.extension[${index}]`;
    const expression = part === undefined ? undefined : read(expressionIn(part), { kind: 'constraint', place, owner });
    if (expression === undefined) return [];
    return [
      {
        key: textIn(extension, 'key') ?? '',
        severity: textIn(extension, 'severity') === 'warning' ? 'warning' : 'error',
        human: textIn(extension, 'human') ?? '',
        expression,
      },
    ];
  });
}

function textIn(extension: Extension, url: string): string | undefined {
  const part = partOf(extension, url);
  const raw = part === undefined ? undefined : (part.valueId ?? part.valueCode ?? part.valueString ?? part.valueMarkdown);
  return typeof raw === 'string' ? raw : undefined;
}

/** https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-answerOptionsToggleExpression.html */
export function togglesOf(holder: Extended, owner: Owner): readonly Toggle[] {
  return placedExtensions(holder, 'answerOptionsToggleExpression').flatMap(({ extension, index }): readonly Toggle[] => {
    const part = partOf(extension, 'expression');
    const place = `${owner.place}.extension[${index}]`;
    const when = part === undefined ? undefined : read(expressionIn(part), { kind: 'answerOptionsToggleExpression', place, owner });
    const values = partsOf(extension, 'option').flatMap((option) => readValue(option) ?? []);
    return when === undefined ? [] : [{ options: new Set(values.map(optionKey)), when }];
  });
}

export function itemExpressionsOf(definition: QuestionnaireItem, owner: Owner): PlanItem['expressions'] {
  const own = ITEM_EXPRESSIONS.map((kind) => [kind, fromExtensions(definition, kind, { owner, kind })[0]] as const);
  const limits = LIMIT_EXPRESSIONS.map((kind) => [kind, limitExpression(definition, kind, owner)] as const);
  const onElements = ELEMENTS.map(([kind, element]) => [kind, onElement(definition, element, { kind, owner })] as const);
  return Object.fromEntries([...own, ...limits, ...onElements].filter(([, expression]) => expression !== undefined)) as PlanItem['expressions']; // each key with its expression
}

/** Elements of an item that an expression may stand beside, and what it then says. */
const ELEMENTS: readonly (readonly [ItemExpression, string])[] = [
  ['text', '_text'],
  ['required', '_required'],
  ['readOnly', '_readOnly'],
  ['maxLength', '_maxLength'],
];

function onElement(definition: QuestionnaireItem, element: string, { kind, owner }: { kind: ItemExpression; owner: Owner }): PlanExpression | undefined {
  const beside: unknown = Reflect.get(definition, element);
  const [extension] = typeof beside === 'object' && beside !== null ? extensionsOf(beside as Element, 'cqfExpression') : []; // an object, checked
  return extension === undefined ? undefined : read(expressionIn(extension), { kind, place: `${owner.place}.${element.slice(1)}`, owner });
}

/** `{url: …minValue, _valueInteger: {extension: [cqf-expression]}}`: the value of the limit is worked out. */
function limitExpression(definition: QuestionnaireItem, kind: (typeof LIMIT_EXPRESSIONS)[number], owner: Owner): PlanExpression | undefined {
  if (kind === 'maxLength') return undefined; // stands beside the element of that name
  for (const { extension, index } of placedExtensions(definition, kind)) {
    const name = Object.keys(extension).find((key) => key.startsWith('_value'));
    const beside: unknown = name === undefined ? extension : Reflect.get(extension, name);
    const [found] = typeof beside === 'object' && beside !== null ? extensionsOf(beside as Element, 'cqfExpression') : []; // an object, checked
    if (found !== undefined) return read(expressionIn(found), { kind, place: `${owner.place}.extension[${index}]`, owner });
  }
  return undefined;
}
