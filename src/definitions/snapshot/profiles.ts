/**
 * Profiles by their canonical, as trees: from the snapshot where the definition has one, else laid over the profile that it
 * is derived from. Made when first asked for, kept within bounds, and made again when the definitions they come from change.
 */
import type { StructureDefinition } from 'fhir/r4';
import { createLastUsed } from '../../fhir/last-used.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { isSame } from '../../fhir/same.ts';
import type { Registry, Structure } from '../registry.ts';
import { canonicalOf, type ExtensionContext, typeNamed } from './element.ts';
import { applyDifferential, type Sources } from './generate.ts';
import { treeOfSnapshot } from './snapshot.ts';
import { type Node, type Profile, treeOfType } from './tree.ts';

/** What was looked up while something was made. Undefined: was not there. */
export type Uses = Map<string, StructureDefinition | undefined>;

export interface ProfileSource extends Sources {
  /** Runs, and notes every definition that is looked up meanwhile. */
  noting<T>(uses: Uses, run: () => T): T;
  /** Whether all that was noted is still as it was. */
  isCurrent(uses: Uses): boolean;
  definition(canonical: string): StructureDefinition | undefined;
}

/** Trees that are kept; a package of profiles has a few hundred. */
const MAX_PROFILES = 400;
/** A chain of derivations that is longer is taken for a circle. */
const MAX_CHAIN = 40;

interface Kept {
  readonly profile: Profile;
  readonly uses: Uses;
  revision: number;
}

export const createProfileSource = (registry: Registry): ProfileSource => new ProfileShelf(registry);

class ProfileShelf implements ProfileSource {
  readonly #registry: Registry;
  readonly #kept = createLastUsed<Kept>(MAX_PROFILES);
  readonly #trees = new Map<string, Node>();
  readonly #notebooks: Uses[] = [];
  readonly #underWay: string[] = [];

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Functions that are handed on by themselves. */
  readonly structure = (type: string): Structure | undefined => this.#registry.structure(type);

  tree(type: string): Node | undefined {
    const known = this.#trees.get(type);
    const found = known === undefined ? this.structure(type) : undefined;
    if (found === undefined) return known;
    const made = treeOfType(found);
    this.#trees.set(type, made);
    return made;
  }

  definition(canonical: string): StructureDefinition | undefined {
    const found = this.#registry.resource('StructureDefinition', canonical);
    this.#note(canonical, found);
    return found;
  }

  #note(canonical: string, found: StructureDefinition | undefined): void {
    for (const notebook of this.#notebooks) notebook.set(canonical, found);
  }

  noting<T>(uses: Uses, run: () => T): T {
    this.#notebooks.push(uses);
    try {
      return run();
    } finally {
      this.#notebooks.pop();
    }
  }

  isCurrent(uses: Uses): boolean {
    return [...uses].every(([canonical, before]) => {
      const now = this.#registry.resource('StructureDefinition', canonical);
      return now === before || isSame(now, before);
    });
  }

  profile(canonical: string): Profile | undefined {
    const type = typeNamed(canonical, this.structure);
    return type === canonical ? this.#constrained(canonical) : this.#ofType(type);
  }

  profiledType(canonical: string): string | undefined {
    const type = typeNamed(canonical, this.structure);
    return type === canonical ? this.definition(canonical)?.type : type;
  }

  #ofType(type: string): Profile | undefined {
    const root = this.tree(type);
    return root && { url: canonicalOf(type), version: undefined, type, kind: this.structure(type)?.kind ?? '', root };
  }

  #constrained(canonical: string): Profile | undefined {
    const known = this.#kept.get(canonical);
    if (known !== undefined && this.#isFresh(known)) {
      for (const [used, found] of known.uses) this.#note(used, found);
      return known.profile;
    }
    const uses: Uses = new Map();
    const made = this.noting(uses, () => this.#make(canonical));
    if (made !== undefined) this.#kept.set(canonical, { profile: made, uses, revision: this.#registry.revision });
    return made;
  }

  #isFresh(entry: Kept): boolean {
    if (entry.revision === this.#registry.revision) return true;
    if (!this.isCurrent(entry.uses)) return false;
    entry.revision = this.#registry.revision;
    return true;
  }

  #make(canonical: string): Profile | undefined {
    const found = this.definition(canonical);
    if (found === undefined) return undefined;
    if (this.#underWay.includes(canonical) || this.#underWay.length > MAX_CHAIN)
      throw faulty(found.url, `it is derived from itself, by way of ${this.#underWay.slice(-3).join(', ')}`);
    this.#underWay.push(canonical);
    try {
      return { url: found.url, version: found.version, type: found.type, kind: found.kind, root: this.#rootOf(found) };
    } finally {
      this.#underWay.pop();
    }
  }

  #rootOf(found: StructureDefinition): Node {
    if (this.structure(found.type) === undefined) throw faulty(found.url, `it is about '${found.type}', which is no type of FHIR R4`);
    if ((found.snapshot?.element.length ?? 0) > 0) return treeOfSnapshot(found, this.structure);
    const above = this.profile(found.baseDefinition ?? '');
    if (above === undefined)
      throw faulty(found.url, `its baseDefinition ${found.baseDefinition ?? '(none)'} is not known here; load it first`, 'baseDefinition');
    return applyDifferential(above.root, found, this);
  }
}

const faulty = (url: string, why: string, element?: string): FhirError =>
  new FhirError('invalid', `The profile ${url} cannot be used: ${why}.`, element === undefined ? {} : { expression: `StructureDefinition.${element}` });

/** Where an extension may stand; empty where its definition does not say. */
export const contextsOf = ({ context = [] }: StructureDefinition): readonly ExtensionContext[] => context.map(({ type, expression }) => ({ type, expression }));
