/** Invariants of conformance and terminology resources: https://hl7.org/fhir/R4/conformance-module.html */
import { count, has, number, objects, part, text } from '../read.ts';
import { allHold, anyOf, type Invariant, justOne, needs, notBoth, repeated, there } from './invariant.ts';

const differ =
  (list: string, name: string): Invariant =>
  (value) => {
    const twice = repeated(objects(value, list).map((item) => text(item, name)));
    return twice === undefined || { at: `.${list}`, because: `'${twice}' is there twice` };
  };

/** Where an element has this code, the rest must hold. */
const when =
  (name: string, code: string, holds: Invariant): Invariant =>
  (value, visit) =>
    text(value, name) !== code || holds(value, visit);

const without =
  (...names: readonly string[]): Invariant =>
  (value) =>
    !names.some((name) => there(value, name));

/** The names that generated code can take over. A warning only. */
const isIdentifier: Invariant = (value) => {
  const name = text(value, 'name');
  return name === undefined || /^[A-Z][A-Za-z0-9_]{0,254}$/.test(name);
};

/** Linear in the concepts, without recursion. */
const codesDiffer: Invariant = (codeSystem) => {
  const seen = new Set<string>();
  const waiting = [codeSystem];
  for (let owner = waiting.pop(); owner !== undefined; owner = waiting.pop()) {
    for (const concept of objects(owner, 'concept')) {
      const code = text(concept, 'code');
      if (code !== undefined && seen.has(code)) return { because: `'${code}' is there twice` };
      if (code !== undefined) seen.add(code);
      waiting.push(concept);
    }
  }
  return true;
};

const INEXACT: readonly string[] = ['narrower', 'inexact'];
const REFERENCES: readonly string[] = ['Reference', 'canonical'];

const hasAnyOfType =
  (name: string, types: readonly string[]): Invariant =>
  (value) =>
    !has(value, name) || types.includes(text(value, 'type') ?? '');

/** All nested elements on the way hold to it. */
const everyBelow =
  (names: readonly string[], holds: Invariant): Invariant =>
  (value, visit) =>
    names.reduce<readonly unknown[]>((owners, name) => owners.flatMap((owner) => objects(owner, name)), [value]).every((inner) => holds(inner, visit) === true);

const stratifierIsOne: Invariant = (stratifier) => ['code', 'description', 'criteria'].some((name) => has(stratifier, name)) !== has(stratifier, 'component');

const focusMax: Invariant = (focus) => {
  const max = text(focus, 'max') ?? '*';
  return max === '*' || Number(max) > 0;
};

/** The published sentence lists four elements of which one is to be there. */
const SEQUENCE_SOURCES: readonly string[] = ['genomeBuild', 'referenceSeqId', 'referenceSeqPointer', 'referenceSeqString'];

const onePreferred: Invariant = (system) => {
  const preferred = objects(system, 'uniqueId').filter((id) => part(id, 'preferred') === true);
  const twice = repeated(preferred.map((id) => text(id, 'type')));
  return twice === undefined || { at: '.uniqueId', because: `'${twice}' has two` };
};

export const CONFORMANCE: Readonly<Record<string, Invariant>> = {
  'cmd-1': (target) => has(target, 'comment') || !INEXACT.includes(text(target, 'equivalence') ?? ''),
  'cmd-2': when('mode', 'fixed', anyOf('code')),
  'cmd-3': when('mode', 'other-map', anyOf('url')),
  'cpb-1': anyOf('rest', 'messaging', 'document'),
  'cpb-2': anyOf('description', 'software', 'implementation'),
  'cpb-3': (statement) => text(statement, 'kind') === 'instance' || !objects(statement, 'messaging').some((messaging) => has(messaging, 'endpoint')),
  'cpb-9': differ('resource', 'type'),
  'cpb-12': differ('searchParam', 'name'),
  'cpb-14': when('kind', 'instance', anyOf('implementation')),
  'cpb-15': when('kind', 'capability', allHold(without('implementation'), anyOf('software'))),
  'cpb-16': when('kind', 'requirements', without('implementation', 'software')),
  'csd-1': codesDiffer,
  'md-1': focusMax,
  'mea-1': everyBelow(['group', 'stratifier'], stratifierIsOne),
  'mrp-1': when('type', 'data-collection', without('group')),
  'mrp-2': everyBelow(['group', 'stratifier', 'stratum'], justOne('value', 'component')),
  'msq-3': (sequence) => [0, 1].includes(number(sequence, 'coordinateSystem') ?? 0),
  'msq-5': (sequence) => has(sequence, 'chromosome') === has(sequence, 'genomeBuild'),
  'msq-6': (sequence) => SEQUENCE_SOURCES.filter((name) => has(sequence, name)).length === 1,
  'nsd-1': when('kind', 'root', (system) => objects(system, 'uniqueId').every((id) => text(id, 'type') !== 'uuid')),
  'nsd-2': onePreferred,
  'opd-1': anyOf('type', 'part'),
  'opd-2': hasAnyOfType('searchType', ['string']),
  'opd-3': hasAnyOfType('targetProfile', REFERENCES),
  'sdf-2': anyOf('name', 'uri'),
  'sdf-4': (definition) => part(definition, 'abstract') === true || has(definition, 'baseDefinition'),
  'sdf-5': (definition) => text(definition, 'type') !== 'Extension' || text(definition, 'derivation') === 'specialization' || has(definition, 'context'),
  'sdf-6': anyOf('snapshot', 'differential'),
  'smp-1': needs('element', 'context'),
  'smp-2': needs('context', 'contextType'),
  'spd-1': needs('xpath', 'xpathUsage'),
  'spd-2': hasAnyOfType('chain', ['reference']),
  'tcp-1': (codeSystem) => count(codeSystem, 'version') <= 1 || objects(codeSystem, 'version').every((version) => has(version, 'code')),
  'tcp-2': anyOf('description', 'software', 'implementation'),
  'tcp-3': when('kind', 'instance', anyOf('implementation')),
  'tcp-4': when('kind', 'capability', allHold(without('implementation'), anyOf('software'))),
  'tcp-5': when('kind', 'requirements', without('implementation', 'software')),
  'TestReport.setup.action inv-1': justOne('operation', 'assert'),
  'TestReport.test.action inv-2': justOne('operation', 'assert'),
  'tst-1': justOne('operation', 'assert'),
  'tst-2': justOne('operation', 'assert'),
  'tst-3': (variable) => !['expression', 'headerField', 'path'].every((name) => has(variable, name)),
  'vsd-1': anyOf('valueSet', 'system'),
  'vsd-2': (include) => !(has(include, 'concept') || has(include, 'filter')) || has(include, 'system'),
  'vsd-3': notBoth('concept', 'filter'),
  'vsd-6': anyOf('code', 'display'),
  'vsd-9': (contains) => has(contains, 'code') || part(contains, 'abstract') === true,
  'vsd-10': needs('code', 'system'),
  // One warning under many keys.
  ...Object.fromEntries(
    [
      'adf',
      'cpb',
      'cid',
      'csd',
      'cpd',
      'cmd',
      'ees',
      'evd',
      'evi',
      'evv',
      'esc',
      'gdf',
      'ig',
      'lib',
      'mea',
      'msd',
      'nsd',
      'opd',
      'pdf',
      'que',
      'rsd',
      'red',
      'rvs',
      'spd',
      'sdf',
      'smp',
      'tcp',
      'tst',
      'vsd',
    ].map((prefix) => [`${prefix}-0`, isIdentifier]),
  ),
};
