/**
 * `$assemble`: a Questionnaire with everything in it that it took from others. Pure; the parts are given.
 * https://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-assemble.html
 */
import type { Extension, Questionnaire, QuestionnaireItem } from 'fhir/r4';
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import { extensionsOf, extensionTexts } from '../extension.ts';
import { define } from './definition.ts';
import { type Merge, mergeInto, namesOf } from './merge.ts';
import { type Contained, linkIdsOf, type Parts, type Telling, telling, withTexts } from './parts.ts';
import { prefixed, prefixIn } from './prefix.ts';

export interface Assembled {
  readonly questionnaire: Questionnaire;
  /** Warnings. */
  readonly issues: readonly Issue[];
}

/** Throws FhirError `business-rule` that names every part that is missing, goes round in a circle or contradicts another. */
export function assemble(questionnaire: Questionnaire, parts: Parts): Assembled {
  const issues: Issue[] = [];
  const assembling: Assembling = {
    parts,
    tell: telling(issues),
    root: { extension: [...(questionnaire.extension ?? [])], contained: [...(questionnaire.contained ?? [])] },
    used: new Set(),
    made: { count: 0 },
  };
  const scope: Scope = {
    chain: [canonicalOf(questionnaire)],
    names: namesOf(questionnaire),
    prefix: prefixIn(questionnaire, ''),
    language: questionnaire.language,
  };
  const item = itemsIn(questionnaire, { scope, assembling, place: 'Questionnaire', onHolder: { extension: assembling.root.extension } });
  refuseTwins(item, assembling.tell);
  refuse(issues);
  const { extension: _, contained: __, item: ___, ...rest } = questionnaire;
  const extension = [...settled(assembling.root.extension), ...[...assembling.used].map((valueCanonical) => ({ url: ASSEMBLED_FROM, valueCanonical }))];
  const { contained } = assembling.root;
  return {
    questionnaire: { ...rest, ...(contained.length > 0 && { contained }), ...(extension.length > 0 && { extension }), ...(item.length > 0 && { item }) },
    issues,
  };
}

const ASSEMBLED_FROM = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-assembledFrom';

const canonicalOf = ({ url = '', version }: Questionnaire): string => (version === undefined ? url : `${url}|${version}`);

interface Assembling {
  readonly parts: Parts;
  readonly tell: Telling;
  /** What is taken up by the questionnaire as a whole. */
  readonly root: { readonly extension: Extension[]; readonly contained: Contained[] };
  /** Canonicals of every part. */
  readonly used: Set<string>;
  /** How many items there are so far. */
  readonly made: { count: number };
}

interface Scope {
  /** The questionnaires that lead here, outermost first. */
  readonly chain: readonly string[];
  /** Variables and contexts that expressions here may use. */
  readonly names: ReadonlySet<string>;
  readonly prefix: string;
  readonly language: string | undefined;
}

interface Here {
  readonly scope: Scope;
  readonly assembling: Assembling;
  readonly place: string;
  /** Of what holds the items: parts add theirs to it. */
  readonly onHolder: { readonly extension: Extension[] };
}

/** The items of a questionnaire or an item, with parts in place of the displays that name them. */
function itemsIn(holder: { readonly item?: QuestionnaireItem[] | undefined }, here: Here): QuestionnaireItem[] {
  const { made } = here.assembling;
  return (Array.isArray(holder.item) ? holder.item : []).flatMap((item, index) => {
    made.count += 1;
    if (made.count > MOST_ITEMS) throw new FhirError('too-costly', `The assembled questionnaire would have more than ${MOST_ITEMS} items.`);
    const place = `${here.place}.item[${index}]`;
    const [canonical] = extensionTexts(item, 'subQuestionnaire');
    return canonical === undefined ? [ownItem(item, { ...here, place })] : partItems(canonical, { ...here, place });
  });
}

function ownItem(item: QuestionnaireItem, here: Here): QuestionnaireItem {
  const { assembling } = here;
  const defined = define(item, { parts: assembling.parts, tell: assembling.tell, place: here.place, contained: assembling.root.contained });
  const onHolder = { extension: [...(defined.extension ?? [])] };
  const scope = { ...here.scope, names: new Set([...here.scope.names, ...namesOf(item)]), prefix: prefixIn(item, here.scope.prefix) };
  const below = itemsIn(defined, { ...here, scope, onHolder });
  const { extension: _, item: __, ...rest } = defined;
  return { ...rest, ...(onHolder.extension.length > 0 && { extension: onHolder.extension }), ...(below.length > 0 && { item: below }) };
}

/** Parts that take in parts twice multiply. */
const MOST_ITEMS = 10_000;
/** Deeper nesting than anyone has; each level is a questionnaire of its own. */
const MOST_LEVELS = 20;

function partItems(canonical: string, here: Here): QuestionnaireItem[] {
  const { assembling, scope, place } = here;
  const part = assembling.parts.questionnaires.get(canonical);
  if (part === undefined) {
    assembling.tell.error('not-found', `The sub-questionnaire ${canonical} is not stored here; store it first, or correct the canonical.`, place);
    return [];
  }
  const own = canonicalOf(part);
  if (scope.chain.includes(own) || scope.chain.length > MOST_LEVELS) {
    assembling.tell.error('business-rule', `The questionnaires take in one another in a circle: ${[...scope.chain, own].join(' → ')}.`, place);
    return [];
  }
  checkPart(part, canonical, here);
  assembling.used.add(own);
  const prepared = prefixed(part, scope.prefix);
  const merge: Merge = { root: assembling.root, holder: here.onHolder.extension, tell: assembling.tell, place, from: own };
  const renamed = mergeInto(merge, prepared);
  const inner: Scope = { ...scope, chain: [...scope.chain, own], names: new Set([...scope.names, ...namesOf(part)]), prefix: prefixIn(part, scope.prefix) };
  return itemsIn(renamed, { ...here, scope: inner });
}

const CHILDREN: ReadonlySet<string> = new Set(['assemble-root-or-child', 'assemble-child', 'independent-root-or-child', 'independent-child']);

/** https://hl7.org/fhir/uv/sdc/modular.html: what a part may not be, and what it may ask for. */
function checkPart(part: Questionnaire, canonical: string, { scope, assembling: { tell }, place }: Here): void {
  const [expectation] = extensionTexts(part, 'assembleExpectation');
  if (expectation === undefined) tell.warn(`${canonical} does not say that it may be part of another questionnaire (assemble-expectation).`, place);
  else if (!CHILDREN.has(expectation))
    tell.error('business-rule', `${canonical} may not be part of another questionnaire: its assemble-expectation is ${expectation}.`, place);
  if (part.language !== undefined && scope.language !== undefined && part.language !== scope.language)
    tell.error(
      'business-rule',
      `${canonical} is in ${part.language}, the questionnaire that takes it in, in ${scope.language}; they must be in one language.`,
      place,
    );
  if (part.implicitRules !== undefined) tell.error('business-rule', `${canonical} has implicitRules, which a part may not have.`, place);
  if (part.modifierExtension !== undefined) tell.error('business-rule', `${canonical} has a modifierExtension, which a part may not have.`, place);
  if (extensionsOf(part, 'templateExtractBundle').length > 0)
    tell.error('business-rule', `${canonical} has a templateExtractBundle, which only a whole questionnaire may have; use templateExtract.`, place);
  for (const name of extensionTexts(part, 'assembleContext')) {
    if (!scope.names.has(name)) tell.error('required', `${canonical} needs the variable '${name}' (assembleContext), which nothing around it defines.`, place);
  }
  if (!canonical.includes('|')) tell.warn(`${canonical} is named without a version; what is assembled changes when it does.`, place);
}

function refuseTwins(items: readonly QuestionnaireItem[], tell: Telling): void {
  const counts = Map.groupBy(linkIdsOf({ item: [...items] }), (linkId) => linkId);
  for (const [linkId, all] of counts) {
    if (all.length > 1)
      tell.error(
        'duplicate',
        `The linkId '${linkId}' comes ${all.length} times in the assembled questionnaire; give the parts a linkIdPrefix each.`,
        'Questionnaire.item',
      );
  }
}

function refuse(issues: readonly Issue[]): void {
  const errors = issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const text = errors.length === 1 ? (errors[0]?.text ?? '') : `The questionnaire cannot be assembled for ${errors.length} reasons.`;
  throw new FhirError('business-rule', text, { issues: [...errors, ...issues.filter((issue) => !errors.includes(issue))] });
}

/** It is assembled now: `assemble-root-or-child` becomes `independent-root-or-child`, and `assemble-root` goes. */
function settled(extensions: readonly Extension[]): Extension[] {
  const expectations = new Set(extensionsOf({ extension: extensions }, 'assembleExpectation'));
  return extensions
    .filter((one) => !(expectations.has(one) && one.valueCode === 'assemble-root'))
    .map((one) => (expectations.has(one) ? withTexts(one, (text, key) => (key === 'valueCode' ? text.replace(/^assemble-/, 'independent-') : text)) : one));
}
