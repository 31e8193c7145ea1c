/**
 * JSON Patch and merge patch as changes to a resource; the one door to rfc6902. Numbers travel as text, so that what a
 * patch does not touch keeps its precision. https://hl7.org/fhir/R4/http.html#patch, https://www.rfc-editor.org/rfc/rfc6902,
 * https://www.rfc-editor.org/rfc/rfc7386
 */
import { applyPatch, type Operation, Pointer, type TestOperation } from 'rfc6902';
import { numbersToText, parseJson, textToNumbers } from './json.ts';
import { FhirError } from './outcome.ts';
import type { Resource } from './resource.ts';

/** Operations of one patch. */
const MAX_OPERATIONS = 1000;
/** What the `copy` operations of a patch may copy in all, in characters: a few dozen could double a resource each. */
const MAX_COPIED = 10_000_000;

const OPS: readonly string[] = ['add', 'remove', 'replace', 'move', 'copy', 'test'];
const FORBIDDEN: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** Throws FhirError `bad-json` or `bad-request` where the text is no JSON Patch; the change throws `invalid` where it does not apply. */
export function parseJsonPatch(text: string): (resource: Resource) => Resource {
  const operations = operationsIn(parseJson(text));
  return (resource) => {
    const tree = numbersToText(resource) as object; // a resource is an object, and so is its copy
    const budget = { left: MAX_COPIED };
    for (const [at, operation] of operations.entries()) applyOne(tree, operation, { at, budget });
    for (const operation of operations) dropEmptyList(tree, operation);
    return textToNumbers(tree) as Resource; // its root could not be replaced; the caller checks its type
  };
}

function operationsIn(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch))
    throw new FhirError('bad-request', 'A JSON Patch is a list of operations: [{"op": "replace", "path": "/status", "value": "final"}].');
  if (patch.length > MAX_OPERATIONS)
    throw new FhirError('too-costly', `The patch has ${patch.length} operations; at most ${MAX_OPERATIONS} are taken at once.`);
  return patch.map((operation: unknown, at) => operationIn(operation, at));
}

function operationIn(operation: unknown, at: number): Operation {
  const given: Readonly<Record<string, unknown>> = typeof operation === 'object' && operation !== null ? { ...operation } : {};
  const { op } = given;
  if (typeof op !== 'string' || !OPS.includes(op))
    throw malformed(at, `has the op ${JSON.stringify(op)?.slice(0, 100) ?? 'undefined'}; allowed: ${OPS.join(', ')}`);
  requirePointer(given.path, 'path', at);
  if (op === 'move' || op === 'copy') requirePointer(given.from, 'from', at);
  else if (op !== 'remove' && !Object.hasOwn(given, 'value')) throw malformed(at, `(${op}) has no value`);
  return { ...given, ...(Object.hasOwn(given, 'value') ? { value: numbersToText(givenValue(operation)) } : {}) } as unknown as Operation; // op, path, from and value were just looked at
}

/** From the operation itself, which remembers how its number was written, not from a copy. */
const givenValue = (operation: unknown): unknown => (numbersToText(operation) as { value: unknown }).value;

function requirePointer(pointer: unknown, name: string, at: number): void {
  if (typeof pointer !== 'string' || !/^(?:\/(?:[^~/]|~[01])*)*$/.test(pointer))
    throw malformed(at, `has the ${name} ${JSON.stringify(pointer)?.slice(0, 100) ?? 'undefined'}, which is no JSON pointer such as "/name/0/family"`);
}

const malformed = (at: number, what: string): FhirError => new FhirError('bad-request', `Operation ${at} of the patch ${what}.`);

interface Applying {
  readonly at: number;
  readonly budget: { left: number };
}

/** rfc6902 is lenient about pointers that lead nowhere, or through a text: they are looked at first. */
function applyOne(tree: object, operation: Operation, { at, budget }: Applying): void {
  const { op, path } = operation;
  if ('from' in operation) spend(budget, op === 'copy' ? requireThere(tree, operation.from, { at, op }) : '');
  if (op === 'test') {
    requireEqual(tree, operation, at);
    return;
  }
  requirePlace(tree, operation, at);
  const [error] = applyPatch(tree, [operation]);
  if (error) throw inapplicable(at, op, path, error.message);
}

function spend(budget: Applying['budget'], copied: unknown): void {
  budget.left -= JSON.stringify(copied).length;
  if (budget.left < 0) throw new FhirError('too-costly', `The patch copies more than ${MAX_COPIED} characters.`);
}

function requirePlace(tree: object, { op, path, ...rest }: Operation, at: number): void {
  if (path === '') throw inapplicable(at, op, path, 'the whole resource cannot be patched; send it with PUT');
  if ('from' in rest) requireThere(tree, rest.from, { at, op });
  if (op === 'remove' || op === 'replace') requireThere(tree, path, { at, op });
  else requireRoom(tree, path, { at, op });
}

/** Two numbers are equal where their values are (RFC 6902, 4.6), however they are written. */
function requireEqual(tree: object, operation: TestOperation, at: number): void {
  const asNumbers = { value: textToNumbers(requireThere(tree, operation.path, { at, op: 'test' })) };
  const [error] = applyPatch(asNumbers, [{ op: 'test', path: '/value', value: textToNumbers(operation.value) }]);
  if (error) throw inapplicable(at, 'test', operation.path, `the value there is ${shown(asNumbers.value)}, not ${shown(textToNumbers(operation.value))}`);
}

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 200);

interface Where {
  readonly at: number;
  readonly op: string;
}

/** The value that the pointer leads to. */
function requireThere(tree: object, pointer: string, { at, op }: Where): unknown {
  let value: unknown = tree;
  for (const token of Pointer.fromJSON(pointer).tokens.slice(1)) {
    const next = childOf(value, token);
    if (next === undefined) throw inapplicable(at, op, pointer, `there is nothing at ${JSON.stringify(token.slice(0, 100))}`);
    value = next;
  }
  return value;
}

/** Undefined where there is none; the own elements of a list or object only. */
function childOf(value: unknown, token: string): unknown {
  if (Array.isArray(value)) return /^(?:0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, token) ? (value as Record<string, unknown>)[token] : undefined;
}

/** Something may be put at the pointer: its holder is there, and for a list the index is one of it or the next. */
function requireRoom(tree: object, pointer: string, where: Where): void {
  const { at, op } = where;
  const token = Pointer.fromJSON(pointer).tokens.at(-1) ?? '';
  const holder = requireThere(tree, pointer.slice(0, pointer.lastIndexOf('/')), where);
  if (typeof holder !== 'object' || holder === null) throw inapplicable(at, op, pointer, 'what holds it is a single value, neither an object nor a list');
  if (FORBIDDEN.includes(token)) throw inapplicable(at, op, pointer, `no FHIR element is called ${JSON.stringify(token)}`);
  if (!Array.isArray(holder) || token === '-') return;
  if (!/^(?:0|[1-9]\d*)$/.test(token) || Number(token) > holder.length)
    throw inapplicable(at, op, pointer, `the list there has ${holder.length} elements; the place is a number from 0 to ${holder.length}, or "-" for the end`);
}

const inapplicable = (at: number, op: string, pointer: string, why: string): FhirError =>
  new FhirError('invalid', `Operation ${at} of the patch (${op} ${JSON.stringify(pointer.slice(0, 200))}) does not apply: ${why}.`);

/** FHIR has no empty lists: one whose last element was taken away goes too. https://hl7.org/fhir/R4/json.html#null */
function dropEmptyList(tree: object, operation: Operation): void {
  const taken = operation.op === 'remove' ? operation.path : operation.op === 'move' ? operation.from : '';
  const pointer = Pointer.fromJSON(taken).parent();
  const { parent, key, value } = pointer.evaluate(tree);
  const isInObject = typeof parent === 'object' && parent !== null && !Array.isArray(parent);
  if (isInObject && Array.isArray(value) && value.length === 0) delete parent[key];
}

/** Throws FhirError `bad-json` or `bad-request` where the text is no merge patch. */
export function parseMergePatch(text: string): (resource: Resource) => Resource {
  const patch = parseJson(text);
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw new FhirError(
      'bad-request',
      'A merge patch is a JSON object with the elements to change; null takes one away: {"gender": "other", "telecom": null}.',
    );
  const change = numbersToText(patch);
  return (resource) => textToNumbers(merged(numbersToText(resource), change)) as Resource; // an object was merged into an object; the caller checks its type
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = new Map(typeof target === 'object' && target !== null && !Array.isArray(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}
