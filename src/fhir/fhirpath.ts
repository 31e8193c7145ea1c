/**
 * The one door to the fhirpath package. It is loaded on the first evaluation, never at start-up (it costs 0.1 to 0.6 s):
 * search expressions and base invariants have native closures and do not come here.
 * https://hl7.org/fhir/R4/fhirpath.html
 */
import type * as FhirPathPackage from 'fhirpath';
import type * as R4Model from 'fhirpath/fhir-context/r4';
import { literalEnd } from './fhirpath-tokens.ts';
import { FhirError } from './outcome.ts';
import { type Regex, type RegexFlags, regexOf } from './regex.ts';

/** Evaluates over a resource (or a part of one); `environment` gives `%name` variables. Throws FhirError `invalid`. */
export type FhirPath = (input: unknown, environment?: Readonly<Record<string, unknown>>) => unknown[];

/** Expressions kept compiled; the one unused for longest goes first. */
const CACHE_SIZE = 2000;

const cache = new Map<string, FhirPath>();

/** Throws FhirError `invalid` where the text is no FHIRPath. */
export function compileFhirPath(expression: string): FhirPath {
  const known = cache.get(expression);
  const compiled = known ?? compile(expression);
  cache.delete(expression);
  cache.set(expression, compiled);
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
  return compiled;
}

function compile(expression: string): FhirPath {
  const evaluate = parsed(expression, expression, true);
  return (input, environment) => evaluate(input, environment ?? {}, undefined);
}

/**
 * A value as the engine holds it, with its type and its place, so that another expression can go on from there: an
 * item of a collection, opaque to everyone else. `plainValue` and `typeOf` say what it is.
 */
export type FhirPathValue = unknown;

/** A function of ours that expressions may call, with at most one text as argument. */
export type HostFunction = (input: readonly FhirPathValue[], elementsOf: ElementsOf, argument: string | undefined) => readonly FhirPathValue[];

/** The values of one element of a value: `elementsOf(item, 'answer')`. */
export type ElementsOf = (value: FhirPathValue, element: string) => readonly FhirPathValue[];

/** Functions of ours, ready for the engine. */
export type Host = Readonly<Record<string, unknown>> & { readonly host: unique symbol };

/** Evaluates over values, and gives values. Throws FhirError `invalid`. With a `meter` several evaluations share what they may do. */
export type ValuePath = (
  input: readonly FhirPathValue[],
  environment: Readonly<Record<string, unknown>>,
  host: Host,
  meter?: Meter,
) => readonly FhirPathValue[];

/**
 * For expressions that build on each other. `shown` is how the author wrote it, for messages, where the expression has
 * been changed since. Not kept: whoever compiles keeps it. Throws FhirError `invalid` where the text is no FHIRPath.
 */
export function compileValuePath(expression: string, shown = expression): ValuePath {
  const evaluate = parsed(expression, shown, false);
  return (input, environment, host, meter) => evaluate(input, environment, host, meter);
}

/** Evaluates over a part of a resource, given as JSON. Throws FhirError `invalid`. */
export type PartPath = (input: unknown, environment: Readonly<Record<string, unknown>>, host: Host) => unknown[];

/** `base`: what the part is, `Observation.component` or `Quantity`. Not kept. Throws FhirError `invalid` where the text is no FHIRPath. */
export function compilePartPath(expression: string, base: string): PartPath {
  return parsed(expression, expression, true, base);
}

export function createHost(functions: Readonly<Record<string, HostFunction>>): Host {
  const made = Object.entries(functions).map(([name, run]) => [name, { fn: engineFunction(run), arity: { 0: [], 1: ['String'] }, internalStructures: true }]);
  return { ...SAFE_FUNCTIONS, ...Object.fromEntries(made) } as Host; // the brand exists in types only
}

/** `this` is the engine's own context, which it needs to make values. */
function engineFunction(run: HostFunction) {
  return function (this: unknown, input: readonly FhirPathValue[], argument?: string): unknown[] {
    const { fhirpath, model } = load();
    const elementsOf: ElementsOf = (value, element) => fhirpath.util.makeChildResNodes?.(this, value, element, model) ?? [];
    return [...run(input, elementsOf, argument)];
  };
}

interface EngineNode {
  readonly data: unknown;
  readonly parentResNode: EngineNode | null;
}

const isNode = (value: unknown): value is EngineNode => typeof value === 'object' && value !== null && 'parentResNode' in value;

/** The JSON behind a value, unchanged: of an element of a resource that element itself. */
export const rawValue = (value: FhirPathValue): unknown => (isNode(value) ? value.data : value);

/** The value of which this one is an element; undefined at a root and for a value that was computed. */
export const holderOf = (value: FhirPathValue): FhirPathValue => (isNode(value) ? (value.parentResNode ?? undefined) : undefined);

/** As JSON would have it: numbers, texts, and elements of resources as they are. A FHIRPath quantity becomes a FHIR Quantity. */
export function plainValue(value: FhirPathValue): unknown {
  const raw = rawValue(value);
  if (typeof raw === 'bigint') return Number(raw);
  if (typeof raw !== 'object' || raw === null || !('toJSON' in raw) || typeof raw.toJSON !== 'function') return raw;
  if ('unit' in raw && 'value' in raw) return quantityOf(raw);
  return raw.toJSON();
}

function quantityOf({ value, unit }: { value: unknown; unit: unknown }): unknown {
  const code = String(unit).replaceAll("'", '');
  return { value: Number(String(value)), unit: code, system: 'http://unitsofmeasure.org', code };
}

/** `FHIR.Coding`, `FHIR.date`, `System.Decimal`: https://hl7.org/fhirpath/N1/#types-and-reflection */
export const typeOf = (value: FhirPathValue): string => load().fhirpath.types([value])[0] ?? '';

/**
 * How much an expression may do: each step of an evaluation counts with what it yields. Ordinary ones take some
 * hundred; one that multiplies collections with each other would hold the server.
 */
const MAX_WORK = 2_000_000;
const MAX_EXPRESSION = 10_000;
/** The parser goes one call deeper with each bracket. */
const MAX_DEPTH = 100;

type Evaluate = (input: unknown, environment: Readonly<Record<string, unknown>>, host: Host | undefined, meter?: Meter) => unknown[];

function parsed(expression: string, shown: string, resolveInternalTypes: boolean, base?: string): Evaluate {
  const { fhirpath, model } = load();
  requireModest(expression);
  const options = { traceFn: () => undefined, userInvocationTable: SAFE_FUNCTIONS as never, resolveInternalTypes };
  const path = base === undefined ? portable(expression) : { base, expression: portable(expression) };
  const evaluate = orRefuse(shown, () => fhirpath.compile(path, model, options)) as (...args: unknown[]) => unknown[];
  return (input, environment, host, meter = createMeter()) =>
    orRefuse(shown, () => evaluate(input, { ...environment }, { debugger: counting(meter), ...(host === undefined ? {} : { userInvocationTable: host }) }));
}

function requireModest(expression: string): void {
  if (expression.length > MAX_EXPRESSION)
    throw new FhirError('invalid', `The FHIRPath expression has ${expression.length} characters; at most ${MAX_EXPRESSION} are taken.`);
  let depth = 0;
  for (const char of expression) {
    if (char === '(' || char === '[' || char === '{') depth += 1;
    else if (char === ')' || char === ']' || char === '}') depth -= 1;
    if (depth > MAX_DEPTH) throw new FhirError('invalid', `The FHIRPath expression nests more than ${MAX_DEPTH} brackets.`);
  }
}

/** How much has been done, of what may be. */
export interface Meter {
  work: number;
  readonly most: number;
}

/** For one expression, or for all of a form together. */
export const createMeter = (expressions = 1): Meter => ({ work: 0, most: MAX_WORK * expressions });

/** The engine calls it after each step. */
const counting =
  (meter: Meter) =>
  (_context: unknown, _input: unknown, result: unknown): void => {
    meter.work += 1 + (Array.isArray(result) ? result.length : 0);
    if (meter.work > meter.most) throw new Error('it takes more steps than an expression may');
  };

type Engine = { readonly fn: (...args: never[]) => unknown; readonly arity: Readonly<Record<number, readonly string[]>> };

/** The text of a collection of one; undefined where it is empty. More than one is an error, as for every such function. */
function textIn(input: readonly unknown[]): string | undefined {
  if (input.length > 1) throw new Error('a text is expected, but there are several values');
  const raw = input.length === 0 ? undefined : rawValue(input[0]);
  return raw === undefined || raw === null ? undefined : String(raw);
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Regular expressions in linear time, in place of the package's own, and nothing that goes to the network. https://hl7.org/fhirpath/N1/#matchesregex-string-boolean */
const SAFE_FUNCTIONS: Readonly<Record<string, Engine>> = {
  matches: { fn: matching('isIn'), arity: { 1: ['String'], 2: ['String', 'String'] } },
  matchesFull: { fn: matching('matches'), arity: { 1: ['String'], 2: ['String', 'String'] } },
  replaceMatches: {
    fn: (input: readonly unknown[], pattern: unknown, replacement: unknown): unknown => {
      const text = textIn(input);
      return text === undefined || !isText(pattern) || !isText(replacement) ? [] : safeRegex(pattern).replaceAll(text, replacement);
    },
    arity: { 2: ['String', 'String'] },
  },
};

function matching(how: 'isIn' | 'matches') {
  return (input: readonly unknown[], pattern: unknown, flags: unknown): unknown => {
    const text = textIn(input);
    if (text === undefined || !isText(pattern)) return [];
    const has = (flag: string): boolean => isText(flags) && flags.includes(flag);
    return safeRegex(pattern, { ignoreCase: has('i'), multiline: has('m') })[how](text);
  };
}

function safeRegex(pattern: string, flags: RegexFlags = {}): Regex {
  const regex = regexOf(pattern, { dotAll: true, ...flags });
  if (regex === undefined) throw new Error(`the pattern '${pattern.slice(0, 200)}' is none that is matched here (no look-around, no back references)`);
  return regex;
}

function orRefuse<T>(expression: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FhirError('invalid', `The FHIRPath expression '${expression.slice(0, 500)}' cannot be evaluated: ${reason.slice(0, 500)}`, { cause });
  }
}

interface Loaded {
  readonly fhirpath: typeof FhirPathPackage;
  readonly model: FhirPathPackage.Model;
}

let loaded: Loaded | undefined;

/** `require`, because a synchronous caller cannot wait for `import()`; it reaches a package, not the outside world. */
function load(): Loaded {
  if (loaded === undefined) {
    const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
    const model = require('fhirpath/fhir-context/r4') as typeof R4Model;
    loaded = { fhirpath: require('fhirpath') as typeof FhirPathPackage, model: model as unknown as FhirPathPackage.Model };
  }
  return loaded;
}

/**
 * R4's own expressions in a form that the package can evaluate: `as` refuses more than one item, so it becomes `ofType`,
 * and `resolve()` would fetch, so `resolve() is Patient` becomes a test of what the reference says.
 */
function portable(expression: string): string {
  return outsideLiterals(expression, (text) =>
    text
      .replace(/\.resolve\(\) is ([A-Z]\w*)/g, (_, type: string) => `.where(${pointsAt(type)}).exists()`)
      .replace(/\bresolve\(\) is ([A-Z]\w*)/g, (_, type: string) => pointsAt(type))
      .replace(/\.as\(/g, '.ofType(')
      .replace(/ as ([A-Za-z]\w*(?:\.\w+)?)/g, (_, type: string) => `.ofType(${type})`)
      .replaceAll('ofType(DateTime)', 'ofType(dateTime)'),
  );
}

const pointsAt = (type: string): string => `(type = '${type}' or reference.startsWith('${type}/') or reference.contains('/${type}/'))`;

/** Changes what stands outside of 'strings' and `delimited names`. */
function outsideLiterals(expression: string, change: (text: string) => string): string {
  let out = '';
  let from = 0;
  for (let at = 0; at < expression.length; at++) {
    const quote = expression[at];
    if (quote !== "'" && quote !== '`') continue;
    const end = literalEnd(expression, at);
    out += change(expression.slice(from, at)) + expression.slice(at, end);
    from = end;
    at = end - 1;
  }
  return out + change(expression.slice(from));
}
