/** Resources cloned from templates inside the Questionnaire. https://hl7.org/fhir/uv/sdc/extraction.html#template-extract */
import type { BundleEntry, Extension, Questionnaire } from 'fhir/r4';
import type { FhirPathValue } from '../../fhir/fhirpath.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { IdMaker, Resource } from '../../fhir/resource.ts';
import { type Extended, type ExtensionName, extensionsOf, partOf } from '../extension.ts';
import { asRecord } from '../value.ts';
import { cast, type Typed, typed } from './cast.ts';
import { type Definitions, elementAt, rootOf, type Where } from './elements.ts';
import { type Extracted, entryFor } from './entry.ts';
import { evaluate, fhirPathIn, type Scope } from './scope.ts';
import { isAnswered, type Node, nodesOf } from './tree.ts';

export interface Templating {
  readonly questionnaire: Questionnaire;
  readonly definitions: Definitions;
  readonly ids: IdMaker;
}

type Json = Record<string, unknown>;

export function templatedResources(root: Node, templating: Templating): Extracted[] {
  const single = [...nodesOf(root)].filter((node) => node.parent === undefined || isAnswered(node)).flatMap((node) => singles(node, templating));
  return [...single, ...bundles(root, templating)];
}

function singles(node: Node, templating: Templating): Extracted[] {
  return extensionsOf(node.holder, 'templateExtract').flatMap((extension, index) => {
    const template = templateOf(partOf(extension, 'template')?.valueReference?.reference, node, templating);
    const clones =
      template === undefined ? [] : clonesOf(withoutId(template), node.scope, { templating, place: node.definedAt, where: whereOf(template, templating) });
    return clones.map((resource, clone) => ({
      key: `template|${node.place}|${index}|${clone}`,
      entry: entryFor(resource as Resource, { extension, scope: node.scope, place: node.definedAt, ids: templating.ids }), // cloned from a resource
      by: 'template' as const,
    }));
  });
}

/** The entries of a whole transaction, as the template has them. */
function bundles(root: Node, templating: Templating): Extracted[] {
  return extensionsOf(root.holder, 'templateExtractBundle').flatMap(({ valueReference }) => {
    const template = templateOf(valueReference?.reference, root, templating);
    const clones =
      template === undefined ? [] : clonesOf(withoutId(template), root.scope, { templating, place: root.definedAt, where: whereOf(template, templating) });
    const entries = clones.flatMap(({ entry }) => (Array.isArray(entry) ? (entry as BundleEntry[]) : [])); // of a contained Bundle
    return entries.map((entry, at) => ({
      key: `template|bundle|${at}`,
      entry: { fullUrl: `urn:uuid:${templating.ids()}`, ...entry },
      by: 'template' as const,
    }));
  });
}

const whereOf = ({ resourceType }: Json, { definitions }: Templating): Where | undefined => rootOf(String(resourceType), definitions);

function templateOf(reference: string | undefined, { scope, definedAt }: Node, { questionnaire }: Templating): Json | undefined {
  const id = reference?.startsWith('#') === true ? reference.slice(1) : undefined;
  const contained: readonly unknown[] = Array.isArray(questionnaire.contained) ? questionnaire.contained : [];
  const found = contained.map(asRecord).find((resource) => id !== undefined && resource.id === id);
  if (found !== undefined) return found;
  const text = `The template ${JSON.stringify(reference ?? '')} is not contained in the Questionnaire; name it as in "#template".`;
  scope.issues.push({ severity: 'error', code: 'not-found', text, expression: [definedAt] });
  return undefined;
}

/** A template's id only names it. */
const withoutId = ({ id: _, ...rest }: Json): Json => rest;

interface Cloning {
  readonly templating: Templating;
  readonly place: string;
  /** What the elements are called and of which type they are, where that is known. */
  readonly where: Where | undefined;
}

/** An object of the template: as often as its context expression says, each with its own values. */
function clonesOf(template: Json, scope: Scope, cloning: Cloning): Json[] {
  const contexts = contextsOf(template, scope, cloning.place);
  return contexts.flatMap((context) => {
    const bare = withoutExtension(template, 'templateExtractContext');
    const filled = fillIn(bare, context, cloning);
    return Object.keys(filled).length === 0 ? [] : [filled];
  });
}

/** One scope for each result of the context expression; the scope itself where there is none. */
function contextsOf(template: Extended, scope: Scope, place: string): Scope[] {
  const [extension] = extensionsOf(template, 'templateExtractContext');
  if (extension === undefined) return [scope];
  const expression = fhirPathIn(extension, scope, place);
  if (expression === undefined) return [];
  const values = evaluate(expression.text, scope, place);
  scope.clones.count += values.length;
  if (scope.clones.count > MOST_CLONES)
    throw new FhirError('too-costly', `The templates give more than ${MOST_CLONES} elements; narrow their contexts.`, { expression: place });
  return values.map((value) => narrowed(scope, value, expression.name));
}

/** Contexts in contexts multiply. */
const MOST_CLONES = 10_000;

const narrowed = (scope: Scope, value: FhirPathValue, name: string | undefined): Scope => ({
  ...scope,
  input: [value],
  variables: name === undefined ? scope.variables : { ...scope.variables, [name]: value },
});

function withoutExtension(holder: Json, name: ExtensionName): Json {
  const gone = extensionsOf(holder as Extended, name); // looked at as one, whatever it is
  if (gone.length === 0) return holder;
  const { extension, ...rest } = holder;
  const left = (extension as Extension[]).filter((one) => !gone.includes(one));
  return left.length === 0 ? rest : { ...rest, extension: left };
}

/** Each element by itself; `name` and `_name` are one. */
function fillIn(template: Json, scope: Scope, cloning: Cloning): Json {
  const filled: Json = {};
  const names = new Set(Object.keys(template).map((key) => (key.startsWith('_') ? key.slice(1) : key)));
  for (const name of names) fillElement({ name, value: template[name], shadow: template[`_${name}`] }, filled, { scope, cloning });
  return filled;
}

interface Part {
  readonly name: string;
  readonly value: unknown;
  /** What stands under `_name`: ids and extensions of primitives. */
  readonly shadow: unknown;
}

interface Filling {
  readonly scope: Scope;
  readonly cloning: Cloning;
}

function fillElement({ name, value, shadow }: Part, filled: Json, { scope, cloning }: Filling): void {
  const element = cloning.where === undefined ? undefined : elementAt(cloning.where, name, cloning.templating.definitions);
  const types = element?.types ?? [];
  const filling = { scope, cloning: { ...cloning, where: element?.below ?? containedWhere(value, cloning) }, types };
  const isList = Array.isArray(value) || Array.isArray(shadow);
  if (isList) fillList({ name, value, shadow }, filled, filling);
  const results = isList ? [] : one(value, shadow, filling);
  const [first] = results;
  if (first === undefined) return;
  if (results.length > 1) manyFor(name, { scope, cloning });
  if (first.value !== undefined) filled[name] = first.value;
  if (first.shadow !== undefined) filled[`_${name}`] = first.shadow;
}

/** A resource in a Bundle's entry or in `contained` says itself which type it is of. */
function containedWhere(value: unknown, { templating }: Cloning): Where | undefined {
  const { resourceType } = asRecord(value);
  return typeof resourceType === 'string' ? rootOf(resourceType, templating.definitions) : undefined;
}

function manyFor(name: string, { scope, cloning }: Filling): void {
  const text = `An expression gives several values for '${name}', which takes one; the first was taken.`;
  scope.issues.push({ severity: 'warning', code: 'multiple-matches', text, expression: [cloning.place] });
}

type Typing = Filling & { readonly types: readonly string[] };

interface Result {
  readonly value: unknown;
  readonly shadow: unknown;
}

function fillList({ name, value, shadow }: Part, filled: Json, filling: Typing): void {
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  const shadows: readonly unknown[] = Array.isArray(shadow) ? shadow : [];
  const length = Math.max(values.length, shadows.length);
  const results = Array.from({ length }, (_, at) => one(values[at], shadows[at], withOwnType(values[at], filling))).flat();
  if (results.length === 0) return;
  if (results.some((result) => result.value !== undefined)) filled[name] = results.map((result) => result.value ?? null);
  if (results.some((result) => result.shadow !== undefined)) filled[`_${name}`] = results.map((result) => result.shadow ?? null);
}

function withOwnType(value: unknown, filling: Typing): Typing {
  const own = containedWhere(value, filling.cloning);
  return own === undefined ? filling : { ...filling, cloning: { ...filling.cloning, where: own } };
}

/** What one element of the template becomes: nothing, itself, or several of it. */
function one(value: unknown, shadow: unknown, filling: Typing): Result[] {
  const isObject = typeof value === 'object' && value !== null;
  const annotated = (isObject ? value : asRecord(shadow)) as Json; // an object either way
  return contextsOf(annotated, filling.scope, filling.cloning.place).flatMap((scope) => {
    const bare = withoutExtension(annotated, 'templateExtractContext');
    const replaced = replacementsOf(bare, { ...filling, scope });
    if (replaced !== undefined) return replaced.map((result) => ({ value: result, shadow: isObject ? undefined : leftOf(bare) }));
    if (!isObject) return [{ value: value ?? undefined, shadow: Object.keys(bare).length > 0 ? bare : undefined }].filter(saysSomething);
    const inner = fillIn(bare, scope, filling.cloning);
    return Object.keys(inner).length === 0 ? [] : [{ value: inner, shadow: undefined }];
  });
}

const saysSomething = ({ value, shadow }: Result): boolean => value !== undefined || shadow !== undefined;

/** Other extensions of a primitive stay. */
function leftOf(shadow: Json): unknown {
  const left = withoutExtension(shadow, 'templateExtractValue');
  return Object.keys(left).length > 0 ? left : undefined;
}

/** The values that the element is replaced by; undefined where the template says it stays. */
function replacementsOf(element: Json, { scope, cloning, types }: Typing): unknown[] | undefined {
  const [extension] = extensionsOf(element as Extended, 'templateExtractValue');
  if (extension === undefined) return undefined;
  const expression = fhirPathIn(extension, scope, cloning.place);
  if (expression === undefined) return [];
  return evaluate(expression.text, scope, cloning.place).flatMap((value) => fitted(typed(value), { scope, cloning, types }) ?? []);
}

function fitted(value: Typed, { scope, cloning, types }: Typing): unknown {
  if (types.length === 0 || types.includes('Resource')) return value.raw;
  for (const type of types) {
    const found = cast(value, type);
    if (found !== undefined) return found;
  }
  const text = `An expression of a template gives a value of type ${value.type} where ${types.join(' or ')} is needed.`;
  scope.issues.push({ severity: 'error', code: 'value', text, expression: [cloning.place] });
  return undefined;
}
