/** The items of a response, and of its questionnaire, as the FHIRPath engine holds them: made once, looked up by linkId. */
import { compileValuePath, createHost, type ElementsOf, type FhirPathValue, rawValue } from '../fhir/fhirpath.ts';
import type { PlanItem } from './plan.ts';
import { asRecord } from './value.ts';
import type { Found, Holder } from './walk.ts';

export interface Tree {
  readonly resource: FhirPathValue;
  readonly questionnaire: FhirPathValue;
  /** The items directly under a response, an item or an answer. */
  itemsIn(value: FhirPathValue): readonly FhirPathValue[];
  /** Of these, those with that linkId. */
  itemsWith(value: FhirPathValue, linkId: string): readonly FhirPathValue[];
  nodeOf(holder: Holder): FhirPathValue;
  questionOf(item: PlanItem): FhirPathValue;
  /** To be told when the items under a response, an item or an answer have changed. */
  forget(raw: object): void;
}

/** Below this many it is quicker to look at each. */
const FEW = 8;

interface Children {
  readonly all: readonly FhirPathValue[];
  byLinkId: ReadonlyMap<unknown, readonly FhirPathValue[]> | undefined;
}

export function createTree(response: object, questionnaire: object): Tree {
  const entered = enter([response, questionnaire]);
  const [resource, form] = entered.values;
  const { elementsOf } = entered;
  const known = new Map<unknown, Children>();
  const nodes = new Map<unknown, FhirPathValue>([[response, resource]]);
  const questions = new Map<PlanItem, FhirPathValue>();

  function childrenOf(value: FhirPathValue): Children {
    const raw = rawValue(value);
    const found = known.get(raw);
    if (found !== undefined) return found;
    const made: Children = { all: elementsOf(value, 'item'), byLinkId: undefined };
    if (typeof raw === 'object' && raw !== null) known.set(raw, made);
    for (const child of made.all) nodes.set(rawValue(child), child);
    return made;
  }

  const itemsIn = (value: FhirPathValue): readonly FhirPathValue[] => childrenOf(value).all;

  function itemsWith(value: FhirPathValue, linkId: string): readonly FhirPathValue[] {
    const children = childrenOf(value);
    if (children.all.length <= FEW) return children.all.filter((child) => linkIdOf(child) === linkId);
    children.byLinkId ??= Map.groupBy(children.all, linkIdOf);
    return children.byLinkId.get(linkId) ?? [];
  }

  function nodeOf(holder: Holder): FhirPathValue {
    if (!('raw' in holder)) return resource;
    const found = nodes.get(holder.raw);
    if (found !== undefined) return found;
    const parent = nodeOf(holder.parent);
    for (const place of [parent, ...('raw' in holder.parent ? elementsOf(parent, 'answer') : [])]) itemsIn(place);
    const made = nodes.get(holder.raw) ?? loose(holder);
    nodes.set(holder.raw, made);
    return made;
  }

  /** An item that the response does not have: asked about all the same. */
  function loose({ raw }: Found): FhirPathValue {
    const { values } = enter([{ resourceType: 'QuestionnaireResponse', item: [raw] }]);
    return elementsOf(values[0], 'item')[0];
  }

  function questionOf(item: PlanItem): FhirPathValue {
    const found = questions.get(item);
    if (found !== undefined) return found;
    const parent = item.parent === undefined ? form : questionOf(item.parent);
    const made = elementsOf(parent, 'item').find((child) => rawValue(child) === item.definition);
    questions.set(item, made);
    return made;
  }

  return { resource, questionnaire: form, itemsIn, itemsWith, nodeOf, questionOf, forget: (raw) => known.delete(raw) };
}

const linkIdOf = (value: FhirPathValue): unknown => asRecord(rawValue(value)).linkId;

/** Resources as values, with the way down from them. */
function enter(resources: readonly object[]): { readonly values: readonly FhirPathValue[]; readonly elementsOf: ElementsOf } {
  let way: ElementsOf = () => [];
  const host = createHost({
    enter: (input, elementsOf) => {
      way = elementsOf;
      return input;
    },
  });
  const values = resources.flatMap((resource) => ENTRY.path()([resource], {}, host));
  return { values, elementsOf: way };
}

/** Compiled when it is first needed: the engine is not loaded before. */
const ENTRY = {
  compiled: undefined as ReturnType<typeof compileValuePath> | undefined,
  path() {
    this.compiled ??= compileValuePath('enter()');
    return this.compiled;
  },
};
