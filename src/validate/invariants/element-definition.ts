/** A definition has hundreds of elements, and each these invariants: https://hl7.org/fhir/R4/elementdefinition.html#invs */
import { has, object, objects, text, texts } from '../read.ts';
import { anyOf, type Invariant, needs, notBoth, repeated, there } from './invariant.ts';

const minAtMostMax: Invariant = (element) => {
  const [min, max] = [object({ element }, 'element').min, text(element, 'max')];
  return typeof min !== 'number' || max === undefined || max === '*' || !(min > Number(max));
};

const WITHOUT_REFERENCE: readonly string[] = [
  'type',
  'defaultValue[x]',
  'fixed[x]',
  'pattern[x]',
  'example',
  'minValue[x]',
  'maxValue[x]',
  'maxLength',
  'binding',
];

const oneTypeWith =
  (name: string): Invariant =>
  (element) =>
    !there(element, name) || objects(element, 'type').length <= 1;

const CODED: readonly string[] = ['code', 'Coding', 'CodeableConcept', 'Quantity', 'string', 'uri'];
const REFERENCES: readonly string[] = ['Reference', 'canonical'];

/** As published it holds wherever there is a type; this is what its sentence says. */
const codedIfBound: Invariant = (element) => {
  const types = objects(element, 'type');
  return !has(element, 'binding') || types.length === 0 || types.some((type) => CODED.includes(text(type, 'code') ?? ''));
};

const differ =
  (list: string, name: string): Invariant =>
  (element) => {
    const twice = repeated(objects(element, list).map((item) => text(item, name)));
    return twice === undefined || { at: `.${list}`, because: `'${twice}' is there twice` };
  };

const onlyOnReferences =
  (name: string): Invariant =>
  (type) =>
    !has(type, name) || REFERENCES.includes(text(type, 'code') ?? '');

/** As published, it is enough that some part of the path is a name. */
const PATH_PART = /[^\s.,:;'"/|?!@#$%&*()[\]{}]/;
const namesAreNames: Invariant = (element) => PATH_PART.test(text(element, 'path') ?? 'x');

const SIMPLE_PATH = /[A-Za-z]/;
const namesAreSimple: Invariant = (element) => SIMPLE_PATH.test(text(element, 'path') ?? 'x');

const modifierHasReason: Invariant = (element) => object({ element }, 'element').isModifier !== true || has(element, 'isModifierReason');

const isCount: Invariant = (max) => max === '*' || typeof max !== 'string' || /^\d{1,10}$/.test(max);

const SCHEMES = /^(?:http:|https|urn:)/;
const valueSetIsAbsolute: Invariant = (binding) => texts(binding, 'valueSet').every((url) => SCHEMES.test(url));

export const ELEMENT_DEFINITION: Readonly<Record<string, Invariant>> = {
  'eld-1': anyOf('discriminator', 'description'),
  'eld-2': minAtMostMax,
  'eld-3': isCount,
  'eld-4': onlyOnReferences('aggregation'),
  'eld-5': (element) => !has(element, 'contentReference') || !WITHOUT_REFERENCE.some((name) => there(element, name)),
  'eld-6': oneTypeWith('fixed[x]'),
  'eld-7': oneTypeWith('pattern[x]'),
  'eld-8': notBoth('pattern[x]', 'fixed[x]'),
  'eld-11': codedIfBound,
  'eld-12': valueSetIsAbsolute,
  'eld-13': differ('type', 'code'),
  'eld-14': differ('constraint', 'key'),
  'eld-15': notBoth('defaultValue[x]', 'meaningWhenMissing'),
  'eld-16': (element) => /^[a-zA-Z0-9/\-_[\]@]+$/.test(text(element, 'sliceName') ?? 'x'),
  'eld-17': onlyOnReferences('targetProfile'),
  'eld-18': modifierHasReason,
  'eld-19': namesAreNames,
  'eld-20': namesAreSimple,
  'eld-21': anyOf('expression'),
  'eld-22': needs('sliceIsConstraining', 'sliceName'),
};
