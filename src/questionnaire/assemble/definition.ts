/** What an item leaves to its definition: an item of a library Questionnaire, or an element of a StructureDefinition. https://hl7.org/fhir/uv/sdc/modular.html#element */
import type { Extension, Questionnaire, QuestionnaireItem } from 'fhir/r4';
import { extensionsOf } from '../extension.ts';
import { readElement } from './element.ts';
import type { Contained, Parts, Telling } from './parts.ts';

export interface Defining {
  readonly parts: Parts;
  readonly tell: Telling;
  readonly place: string;
  /** Of the questionnaire that is assembled: value sets come along. */
  readonly contained: Contained[];
}

/** The item with what its definition adds; what it says itself counts. */
export function define(item: QuestionnaireItem, defining: Defining): QuestionnaireItem {
  if (typeof item.definition !== 'string' || !isWanted(item)) return item;
  const [url = '', id = ''] = item.definition.split('#');
  const library = defining.parts.questionnaires.get(url);
  if (library !== undefined) return fromLibrary(item, { library, linkId: id, defining });
  const definition = defining.parts.definitions.resource('StructureDefinition', url);
  if (definition === undefined) return unresolved(item, defining);
  const found = readElement(definition, id, defining.parts.definitions);
  if (found !== undefined) return overlaid(item, found(item), defining);
  defining.tell.error('not-found', `${url} has no element '${id}'; correct the definition of '${item.linkId}'.`, defining.place);
  return item;
}

/** `assembleDefinitionRoot`: false takes nothing, a URI only what begins with it. https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-assembleDefinitionRoot.html */
function isWanted(item: QuestionnaireItem): boolean {
  const roots = extensionsOf(item, 'assembleDefinitionRoot');
  if (roots.length === 0) return true;
  return roots.some(({ valueUri, valueBoolean }) => valueBoolean !== false && (valueUri === undefined || item.definition?.startsWith(valueUri) === true));
}

interface FromLibrary {
  readonly library: Questionnaire;
  readonly linkId: string;
  readonly defining: Defining;
}

function fromLibrary(item: QuestionnaireItem, { library, linkId, defining }: FromLibrary): QuestionnaireItem {
  const found = findItem(library, linkId);
  if (found === undefined) {
    defining.tell.error('not-found', `The Questionnaire ${library.url} has no item '${linkId}'; correct the definition of '${item.linkId}'.`, defining.place);
    return item;
  }
  for (const resource of library.contained ?? []) {
    if (JSON.stringify(found).includes(`"#${resource.id}"`) && !defining.contained.some(({ id }) => id === resource.id)) defining.contained.push(resource);
  }
  const { linkId: _, definition: __, ...rest } = found;
  return overlaid(item, rest, defining);
}

function findItem({ item }: { readonly item?: QuestionnaireItem[] | undefined }, linkId: string): QuestionnaireItem | undefined {
  for (const one of item ?? []) {
    const found = one.linkId === linkId ? one : findItem(one, linkId);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Without the definition the item must be able to stand for itself. */
function unresolved(item: QuestionnaireItem, { tell, place }: Defining): QuestionnaireItem {
  const isChoice = item.type === 'choice' || item.type === 'open-choice';
  const hasOptions = item.answerOption !== undefined || item.answerValueSet !== undefined || extensionsOf(item, 'answerExpression').length > 0;
  const text = `The definition of '${item.linkId}', ${item.definition}, is not known here`;
  if (item.text === undefined || (isChoice && !hasOptions)) tell.error('not-found', `${text}, and the item does not say enough without it.`, place);
  else tell.warn(`${text}; the item stays as it is.`, place);
  return item;
}

function overlaid(item: QuestionnaireItem, from: Partial<QuestionnaireItem>, defining: Defining): QuestionnaireItem {
  const { extension: more = [], ...elements } = from;
  const added = Object.entries(elements).filter(([key, value]) => isAdded(item, key, value, defining));
  const own = item.extension ?? [];
  const extension = [...own, ...more.filter((one) => !own.some((other) => isSameKind(one, other)))];
  return { ...item, ...Object.fromEntries(added), ...(extension.length > 0 && { extension }) };
}

/** Questions of the item's own take the place of those of the definition; for all else its own word counts, which is told where it differs. */
function isAdded(item: QuestionnaireItem, key: string, value: unknown, { tell, place }: Defining): boolean {
  if (key === 'item') return (item.item ?? []).every(({ type }) => type === 'display');
  const own: unknown = Reflect.get(item, key);
  if (own === undefined) return true;
  if (JSON.stringify(own) !== JSON.stringify(value)) tell.warn(`'${item.linkId}' has another ${key} than its definition; the item's own counts.`, place);
  return false;
}

const isSameKind = (a: Extension, b: Extension): boolean => a.url === b.url && a.valueExpression?.name === b.valueExpression?.name;
