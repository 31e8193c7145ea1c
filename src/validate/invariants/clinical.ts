/** Invariants of clinical, workflow and administrative resources: https://hl7.org/fhir/R4/resourcelist.html */
import { dateRange, startOf } from '../../fhir/datetime.ts';
import { count, has, hasCoding, number, object, objects, part, text } from '../read.ts';
import { resolveReference } from '../resolve.ts';
import { anyOf, type Breach, type Invariant, justOne, needs, notBoth, there } from './invariant.ts';

const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';
const UCUM = 'http://unitsofmeasure.org';

const enteredInError = (resource: unknown, system: string): boolean =>
  hasCoding(resource, 'verificationStatus', { system: `${TERMINOLOGY}/${system}`, codes: ['entered-in-error'] });

const isOver: Invariant = (condition) =>
  !there(condition, 'abatement[x]') ||
  hasCoding(condition, 'clinicalStatus', { system: `${TERMINOLOGY}/condition-clinical`, codes: ['resolved', 'remission', 'inactive'] });

/** The published expression compares a concept with text and never holds; this is what its sentence says. */
const problemHasStatus: Invariant = (condition) =>
  has(condition, 'clinicalStatus') ||
  enteredInError(condition, 'condition-ver-status') ||
  !hasCoding(condition, 'category', { system: `${TERMINOLOGY}/condition-category`, codes: ['problem-list-item'] });

const codingKeys = (concept: unknown): string[] => objects(concept, 'coding').map((coding) => JSON.stringify([part(coding, 'system'), part(coding, 'code')]));

/** A component that repeats the observation's own code would say its value twice. */
const componentsDiffer: Invariant = (observation): boolean | Breach => {
  if (!there(observation, 'value[x]') || !has(observation, 'component')) return true;
  const own = new Set(codingKeys(object(observation, 'code')));
  const same = objects(observation, 'component').findIndex((component) => codingKeys(object(component, 'code')).some((key) => own.has(key)));
  return same < 0 || { at: `.component[${same}].code`, because: 'it has the code of the observation, which has a value itself' };
};

/** Not wholly before: what is given less precisely is not judged. */
const notBefore =
  (later: string, earlier: string): Invariant =>
  (resource) => {
    const end = dateRange(text(resource, later) ?? '')?.high;
    const start = startOf(text(resource, earlier) ?? '');
    return end === undefined || start === undefined || end > start || { because: `${text(resource, later)} is before ${text(resource, earlier)}` };
  };

const isPercent: Invariant = (range) =>
  ['low', 'high'].every((name) => !has(range, name) || (text(object(range, name), 'code') === '%' && text(object(range, name), 'system') === UCUM));

const useIsNot =
  (use: string): Invariant =>
  (value) =>
    text(value, 'use') !== use;

const onlyIn =
  (mode: string, name: string): Invariant =>
  (list) =>
    text(list, 'mode') === mode || !objects(list, 'entry').some((entry) => has(entry, name));

const valueOrParts: Invariant = (parameter) => {
  const [value, resource] = [there(parameter, 'value[x]'), has(parameter, 'resource')];
  return has(parameter, 'part') ? !value && !resource : value !== resource;
};

/** The published expressions ask for the system 'something'; this is what their sentences say. */
const patientWithin =
  (scope: string): Invariant =>
  (consent) =>
    has(consent, 'patient') || !hasCoding(consent, 'scope', { system: `${TERMINOLOGY}/consentscope`, codes: [scope] });

/** Of a member that lies elsewhere nothing is known. */
const onBehalfOfPractitioner: Invariant = (participant, visit) => {
  const member = resolveReference(text(object(participant, 'member'), 'reference') ?? '', visit);
  return !has(participant, 'onBehalfOf') || member === undefined || text(member, 'resourceType') === 'Practitioner';
};

const NO_TIME_NEEDED: readonly string[] = ['proposed', 'cancelled', 'waitlist'];
const CANCELLED: readonly string[] = ['noshow', 'cancelled'];

export const CLINICAL: Readonly<Record<string, Invariant>> = {
  'ait-1': (allergy) => has(allergy, 'clinicalStatus') || enteredInError(allergy, 'allergyintolerance-verification'),
  'ait-2': (allergy) => !has(allergy, 'clinicalStatus') || !enteredInError(allergy, 'allergyintolerance-verification'),
  'app-1': anyOf('type', 'actor'),
  'app-2': (appointment) => has(appointment, 'start') === has(appointment, 'end'),
  'app-3': (appointment) => (has(appointment, 'start') && has(appointment, 'end')) || NO_TIME_NEEDED.includes(text(appointment, 'status') ?? ''),
  'app-4': (appointment) => !has(appointment, 'cancelationReason') || CANCELLED.includes(text(appointment, 'status') ?? ''),
  'apr-1': anyOf('participantType', 'actor'),
  'ces-1': justOne('category', 'productOrService'),
  'cmp-1': anyOf('text', 'entry', 'section'),
  'cmp-2': notBoth('emptyReason', 'entry'),
  'con-1': anyOf('summary', 'assessment'),
  'con-2': anyOf('code', 'detail'),
  'con-3': problemHasStatus,
  'con-4': isOver,
  'con-5': (condition) => !has(condition, 'clinicalStatus') || !enteredInError(condition, 'condition-ver-status'),
  'cpl-3': notBoth('detail', 'reference'),
  'fhs-1': notBoth('age[x]', 'born[x]'),
  'fhs-2': needs('estimatedAge', 'age[x]'),
  'gol-1': needs('detail[x]', 'measure'),
  'grp-1': (group) => !has(group, 'member') || part(group, 'actual') === true,
  'imm-1': anyOf('documentType', 'reference'),
  'imr-1': anyOf('vaccineCode', 'targetDisease'),
  'ipn-1': anyOf('identifier', 'name'),
  'lnk-1': (linkage) => count(linkage, 'item') > 1,
  'lst-1': notBoth('emptyReason', 'entry'),
  'lst-2': onlyIn('changes', 'deleted'),
  'lst-3': onlyIn('working', 'date'),
  'mad-1': anyOf('dose', 'rate[x]'),
  'mdd-1': notBefore('whenHandedOver', 'whenPrepared'),
  'nor-1': anyOf('oralDiet', 'supplement', 'enteralFormula'),
  'obs-3': anyOf('low', 'high', 'text'),
  'obs-6': notBoth('dataAbsentReason', 'value[x]'),
  'obs-7': componentsDiffer,
  'org-1': anyOf('identifier', 'name'),
  'org-2': useIsNot('home'),
  'org-3': useIsNot('home'),
  'Parameters.parameter inv-1': valueOrParts,
  'pat-1': anyOf('name', 'telecom', 'address', 'organization'),
  'ctm-1': onBehalfOfPractitioner,
  'ppc-1': anyOf('policy', 'policyRule'),
  'ppc-2': patientWithin('patient-privacy'),
  'ppc-3': patientWithin('research'),
  'ppc-4': patientWithin('adr'),
  'ppc-5': patientWithin('treatment'),
  'prr-1': needs('orderDetail', 'code'),
  'ras-1': isPercent,
  'ras-2': (prediction) => (number(prediction, 'probabilityDecimal') ?? 0) <= 100,
  'rqg-1': justOne('resource', 'action'),
  'sev-1': notBoth('name', 'query'),
  'Task inv-1': notBefore('lastModified', 'authoredOn'),
};
