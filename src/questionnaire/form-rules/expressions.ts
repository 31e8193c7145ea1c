/** Expressions that can be read, in a language that is evaluated here, over names that there are. https://hl7.org/fhir/uv/sdc/expressions.html */
import { unknownFunctions } from '../../fhir/fhirpath-functions.ts';
import { type Token, tokensOf } from '../../fhir/fhirpath-tokens.ts';
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import { regexOf } from '../../fhir/regex.ts';
import { compiled, compiledQuery } from '../evaluate.ts';
import { embedded } from '../expressions.ts';
import { isModular } from '../modular.ts';
import type { Plan, PlanExpression, PlanItem, Unsupported } from '../plan.ts';
import { BUILT_IN, knowsName, variableNamed } from '../variables.ts';
import { doubtful, type FormRule, wrong } from './form-rule.ts';

/** An expression is parsed in some tenths of a millisecond. */
const MOST_EXPRESSIONS = 3000;

export const readableExpressions: FormRule = ({ expressions }) => {
  if (expressions.length > MOST_EXPRESSIONS) {
    const text = `The questionnaire has ${expressions.length} expressions; at most ${MOST_EXPRESSIONS} are taken.`;
    return [{ severity: 'error', code: 'too-costly', text, expression: ['Questionnaire'] }];
  }
  return expressions.flatMap((expression) => [...parseFaults(expression), ...patternFaults(expression)]);
};

function parseFaults(expression: PlanExpression): readonly Issue[] {
  try {
    if (expression.language === 'text/fhirpath') compiled(expression);
    else compiledQuery(expression);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return [wrong(error.message, expression.place)];
  }
  return expression.language === 'text/fhirpath' ? [] : queryFaults(expression);
}

/** A search within this server: `Observation?code=…`. */
const SEARCH = /^[A-Z][A-Za-z]+(\?[^\s]*)?$/;

function queryFaults({ text, place }: PlanExpression): readonly Issue[] {
  const parts = embedded(text);
  const last = parts.at(-1);
  const filled = parts.reduceRight((query, { start, end }) => `${query.slice(0, start)}x${query.slice(end)}`, text);
  if (last !== undefined && !text.endsWith('}}', last.end))
    return [wrong(`The query '${text.slice(0, 200)}' opens an expression with {{ and does not close it with }}.`, place)];
  if (SEARCH.test(filled)) return [];
  return [
    wrong(
      `The query '${text.slice(0, 200)}' is no search of this server: it begins with a resource type, as Observation?code=…, and goes to no other server.`,
      place,
    ),
  ];
}

/** Patterns that are written out in the expression. */
function patternFaults({ text, place, language }: PlanExpression): readonly Issue[] {
  if (language !== 'text/fhirpath') return [];
  const tokens = tokensOf(text);
  return tokens.flatMap((token, at) => {
    const pattern = TAKES_PATTERN.has(token.text) && token.kind === 'name' ? literalArgument(tokens, at) : undefined;
    if (pattern === undefined || regexOf(pattern, { dotAll: true }) !== undefined) return [];
    return [wrong(`The pattern '${pattern.slice(0, 200)}' cannot be matched: it is no regular expression, or uses look-around or back references.`, place)];
  });
}

const TAKES_PATTERN: ReadonlySet<string> = new Set(['matches', 'matchesFull', 'replaceMatches']);

function literalArgument(tokens: readonly Token[], at: number): string | undefined {
  const literal = tokens[at + 1]?.text === '(' ? tokens[at + 2] : undefined;
  return literal?.kind === 'string' ? literal.text : undefined;
}

/** Without these a form works, if less conveniently. */
const OPTIONAL: ReadonlySet<Unsupported['kind']> = new Set(['initialExpression', 'candidateExpression', 'contextExpression', 'itemPopulationContext', 'text']);

export const supportedLanguages: FormRule = ({ unsupported }) =>
  unsupported.map(({ kind, language, place }) => {
    const said = /cql/i.test(language) ? `${language} (CQL is not supported)` : language;
    const what = `The ${kind} is in ${said === '' ? 'no language' : said}; expressions are evaluated here in text/fhirpath and application/x-fhir-query`;
    return OPTIONAL.has(kind)
      ? { ...doubtful(`${what}. It is left out.`, place), code: 'not-supported' }
      : { ...wrong(`${what}.`, place), code: 'not-supported' };
  });

/** The engine would go to the network for these, or wait. */
const NOT_OFFERED: ReadonlySet<string> = new Set([
  'resolve',
  'memberOf',
  'conformsTo',
  'expand',
  'lookup',
  'validateVS',
  'validateCS',
  'subsumes',
  'translate',
]);

export const knownNames: FormRule = (plan) =>
  plan.expressions.flatMap((expression) => [
    ...unknownNames(expression, plan),
    ...farFunctions(expression),
    ...noFunctions(expression),
    ...unknownQuestions(expression, plan),
  ]);

function unknownNames({ uses, item, place }: PlanExpression, plan: Plan): readonly Issue[] {
  const unknown = [...uses].filter((name) => !BUILT_IN.has(name) && !/^(vs|ext)-/.test(name) && !knowsName(name, item, plan));
  return unknown.map((name) => {
    const text = `%${name} is neither a variable of the item, of one around it or of the questionnaire, nor a launch context.`;
    return isModular(plan.questionnaire) ? doubtful(`${text} It must come from the questionnaire that this one is built into.`, place) : wrong(text, place);
  });
}

function farFunctions({ text, place, language }: PlanExpression): readonly Issue[] {
  if (language !== 'text/fhirpath') return [];
  const tokens = tokensOf(text);
  const used = tokens.filter((token, at) => token.kind === 'name' && NOT_OFFERED.has(token.text) && tokens[at + 1]?.text === '(');
  return used.map(({ text: name }) => wrong(`${name}() needs another server and is not offered in a questionnaire's expressions.`, place));
}

function noFunctions({ text, place, language }: PlanExpression): readonly Issue[] {
  if (language !== 'text/fhirpath') return [];
  const unknown = unknownFunctions(text).filter((name) => !NOT_OFFERED.has(name));
  return unknown.map((name) => doubtful(`FHIRPath has no function ${name}(); where the expression comes to it, it fails.`, place));
}

function unknownQuestions({ reads: { linkIds }, place, uses }: PlanExpression, { byLinkId, questionnaire }: Plan): readonly Issue[] {
  if (isModular(questionnaire) || uses.has('questionnaire')) return [];
  const unknown = [...linkIds].filter((linkId) => !byLinkId.has(linkId));
  return unknown.map((linkId) => doubtful(`The expression asks for the item '${linkId}', which this questionnaire does not have.`, place));
}

export const namedVariables: FormRule = (plan) => [
  ...variableFaults(plan.variables, undefined, plan),
  ...[...plan.byLinkId.values()].flatMap((item) => variableFaults(item.variables, item, plan)),
];

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

function variableFaults(variables: readonly PlanExpression[], item: PlanItem | undefined, plan: Plan): readonly Issue[] {
  const seen = new Set<string>();
  return variables.flatMap(({ name = '', place }): readonly Issue[] => {
    if (!NAME.test(name))
      return [wrong(`A variable needs a name of letters, digits and _, by which expressions call it; this one has '${name.slice(0, 60)}'.`, place)];
    if (BUILT_IN.has(name)) return [wrong(`%${name} has a meaning of its own; a variable needs another name.`, place)];
    if (seen.has(name)) return [wrong(`The variable %${name} is defined twice on the same element.`, place)];
    seen.add(name);
    return overridden(name, item, plan) ? [doubtful(`The variable %${name} hides one of the same name from further out.`, place)] : [];
  });
}

function overridden(name: string, item: PlanItem | undefined, plan: Plan): boolean {
  const isLaunched = plan.launchContexts.some((context) => context.name === name);
  return isLaunched || (item !== undefined && variableNamed(name, item.parent, plan.variables) !== undefined);
}
