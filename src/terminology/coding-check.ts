/** One coding against its code system and, where one is asked for, a value set: what `$validate-code` says of it. */
import type { CodeSystem, ValueSet } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import type { Coding } from '../fhir/resource.ts';
import { type CompiledSet, faultsOf, nameOf, type Part, type Standing, standingIn } from './compose.ts';
import { displayIssues } from './display-check.ts';
import { displayFor, type LanguageWishes } from './language.ts';
import type { Shelf } from './library.ts';
import { partsOf } from './membership.ts';
import { isAbstract, isInactive, standingWords, statusOf } from './properties.ts';
import { printCanonical, versionFits } from './source.ts';
import type { Concept, System } from './system.ts';
import { faultType, txIssue } from './tx-issue.ts';

export interface CodingRules {
  /** Undefined: the code system alone. */
  readonly set: CompiledSet | undefined;
  /** What only groups others is good enough. */
  readonly abstract: boolean;
  readonly activeOnly: boolean;
  readonly lenientDisplay: boolean;
  /** Membership and nothing else: neither displays nor whether the code is in use. */
  readonly membershipOnly: boolean;
  readonly languages: LanguageWishes | undefined;
}

export interface CodingFinding {
  readonly coding: Coding;
  readonly issues: readonly Issue[];
  /** No error stands against it. */
  readonly ok: boolean;
  readonly system: System | undefined;
  readonly concept: Concept | undefined;
  readonly display: string | undefined;
  /** The canonical of a code system that is not known here. */
  readonly unknownSystem: string | undefined;
}

/** How a place in the request is named: `Coding.code`, or `code` where it came as a parameter of its own. */
export type PlaceOf = (element: 'code' | 'system' | 'version' | 'display') => string;

export interface KnownCoding extends Coding {
  readonly system: string;
  readonly code: string;
}

export function checkCoding(shelf: Shelf, coding: KnownCoding, rules: CodingRules, place: PlaceOf): CodingFinding {
  const subject = subjectOf(shelf, coding, rules, place);
  const issues = [
    ...systemIssues(subject),
    ...conceptIssues(subject),
    ...membershipIssues(subject),
    ...(rules.membershipOnly ? [] : [...useIssues(subject), ...displayFindings(subject)]),
  ];
  const { system, concept } = subject;
  return {
    coding,
    issues,
    ok: !issues.some(({ severity }) => severity === 'error'),
    system,
    concept,
    display: displayFor(subject.worded, rules.languages),
    unknownSystem: system === undefined ? printCanonical(coding.system, coding.version) : undefined,
  };
}

interface Subject {
  readonly shelf: Shelf;
  readonly coding: KnownCoding;
  readonly rules: CodingRules;
  readonly place: PlaceOf;
  /** Undefined also where only its name is known. */
  readonly system: System | undefined;
  readonly concept: Concept | undefined;
  /** The parts of the value set that name the system. */
  readonly parts: readonly Part[];
  readonly standing: Standing;
  readonly worded: Parameters<typeof displayFor>[0];
}

function subjectOf(shelf: Shelf, coding: KnownCoding, rules: CodingRules, place: PlaceOf): Subject {
  const { set } = rules;
  const parts = set === undefined ? [] : partsOf(set).filter(({ url }) => url === coding.system);
  const pinned = parts.find(
    ({ version, system }) =>
      system !== undefined && (coding.version === undefined || version === undefined || versionFits(system.version ?? '', coding.version)),
  );
  const asked = shelf.system(coding.system, coding.version);
  const named = coding.version === undefined ? (pinned?.system ?? asked.system) : asked.system;
  const system = named?.about.content === 'not-present' || named?.about.content === 'example' || named?.about.content === 'supplement' ? undefined : named;
  const concept = system?.find(coding.code);
  const mine = parts.find(({ concepts }) => concepts?.has(coding.code) === true)?.concepts?.get(coding.code);
  return {
    shelf,
    coding,
    rules,
    place,
    system,
    concept,
    parts,
    standing: set === undefined ? 'in' : standingIn(set, coding.system, coding.code),
    worded: { system, concept, named: mine, setLanguage: set?.definition.language },
  };
}

function systemIssues(subject: Subject): Issue[] {
  const { system } = subject;
  return system === undefined ? [unknownSystem(subject)] : [...versionIssues(subject, system), ...statusIssues(system.about)];
}

function unknownSystem({ shelf, coding: { system, version }, place, standing, rules }: Subject): Issue {
  const known = shelf.source.versions('CodeSystem', system).map((listed) => listed.version);
  const others = version !== undefined && known.length > 0 ? ` Versions known here: ${known.slice(0, 10).join(', ')}.` : '';
  const text = `The code system ${printCanonical(system, version)} is not known here, so the code cannot be checked against it.${others}`;
  // A set that names the code itself has said enough.
  const severity = rules.set !== undefined && standing === 'in' && version === undefined ? 'warning' : 'error';
  return txIssue(severity, 'not-found', text, place('system'));
}

function versionIssues({ coding: { version }, parts, place }: Subject, { url, about }: System): Issue[] {
  if (version === undefined)
    return about.versionNeeded === true
      ? [txIssue('error', 'invalid-data', `A code of ${url} means nothing without a version, and none is given.`, place('version'))]
      : [];
  const pinned = parts.flatMap((part) => part.version ?? []);
  if (parts.length === 0 || pinned.length < parts.length || pinned.some((wanted) => versionFits(version, wanted))) return [];
  return [
    txIssue(
      'error',
      'vs-invalid',
      `The code is of version ${version} of ${url}, but the value set takes codes from version ${pinned.join(', ')}.`,
      place('version'),
    ),
  ];
}

/** What is to be said of a definition that is not settled, or no longer to be used. */
export function statusIssues(definition: CodeSystem | ValueSet): Issue[] {
  const { resourceType, url, version } = definition;
  return standingWords(definition).map((word) => txIssue('information', 'status-check', `The ${resourceType} ${printCanonical(url, version)} is ${word}.`));
}

function conceptIssues({ system, concept, coding, place }: Subject): Issue[] {
  if (system === undefined) return [];
  const named = printCanonical(system.url, system.version);
  if (concept === undefined) {
    if (system.lacks(coding.code)) return [txIssue('error', 'invalid-code', `The code system ${named} has no code "${coding.code}".`, place('code'))];
    const why = system.about.content === 'fragment' ? 'of which only a fragment is held here' : 'of which not all codes are known here';
    return [txIssue('warning', 'invalid-code', `The code "${coding.code}" is not known in ${named}, ${why}: it may be right.`, place('code'))];
  }
  if (concept.code === coding.code) return [];
  return [
    txIssue('information', 'code-rule', `The code "${coding.code}" is "${concept.code}" in its usual spelling; ${named} takes no heed of case.`, place('code')),
  ];
}

function membershipIssues({ rules, standing, coding, place, system, concept }: Subject): Issue[] {
  const { set } = rules;
  if (set === undefined) return [];
  const name = nameOf(set.definition);
  const code = `${printCanonical(coding.system, coding.version)}#${coding.code}`;
  if (standing === 'out')
    return [...inactiveOut(system, concept, set, place), txIssue('error', 'not-in-vs', `${code} is not in the value set ${name}.`, place('code'))];
  if (rules.activeOnly && system !== undefined && concept !== undefined && isInactive(system.about, concept))
    return [
      txIssue('error', 'code-rule', `The code "${coding.code}" is known, but no longer in use.`, place('code')),
      txIssue('error', 'not-in-vs', `${code} is not in the value set ${name}, of which only codes in use are asked for.`, place('code')),
    ];
  return standing === 'unknown' ? unknownIssues(set, { code, name, place, hasConcept: concept !== undefined || system === undefined }) : [];
}

function inactiveOut(system: System | undefined, concept: Concept | undefined, set: CompiledSet, place: PlaceOf): Issue[] {
  if (!set.activeOnly || system === undefined || concept === undefined || !isInactive(system.about, concept)) return [];
  return [txIssue('error', 'code-rule', `The code "${concept.code}" is known, but no longer in use.`, place('code'))];
}

/** A code that a fragment does not show has been spoken of already: only what the set itself lacks is an error. */
function unknownIssues(set: CompiledSet, { code, name, place, hasConcept }: { code: string; name: string; place: PlaceOf; hasConcept: boolean }): Issue[] {
  const faults = faultsOf(set);
  const issues = faults.map((fault) => txIssue('error', faultType(fault), fault.text));
  return hasConcept || faults.length > 0
    ? [...issues, txIssue('error', 'not-in-vs', `Whether ${code} is in the value set ${name} cannot be told here.`, place('code'))]
    : [];
}

function useIssues({ system, concept, rules, place }: Subject): Issue[] {
  if (system === undefined || concept === undefined) return [];
  const { about } = system;
  const status = statusOf(about, concept);
  return [
    ...(isAbstract(about, concept) && !rules.abstract
      ? [txIssue('error', 'code-rule', `The code "${concept.code}" only groups others and is not meant to be chosen (abstract).`, place('code'))]
      : []),
    ...(isInactive(about, concept)
      ? [
          txIssue(
            'warning',
            'code-comment',
            `The code "${concept.code}" has the status ${status ?? 'inactive'}: see whether another should be used.`,
            place('code'),
          ),
        ]
      : []),
    ...(status === 'deprecated'
      ? [txIssue('warning', 'code-comment', `The code "${concept.code}" is deprecated: see whether another should be used.`, place('code'))]
      : []),
  ];
}

function displayFindings({ coding, rules, worded, concept, place }: Subject): readonly Issue[] {
  const { display } = coding;
  if (display === undefined || (concept === undefined && worded.named === undefined)) return [];
  const wish = { display, languages: rules.languages, lenient: rules.lenientDisplay, expression: place('display') };
  return displayIssues(worded, coding.code, wish);
}
