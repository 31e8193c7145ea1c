import type { Issue, IssueCode } from '../fhir/outcome.ts';
import type { Question, Validation } from './validator.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A resource with what lies inside it under `contained`: the room in which `#id` means something. */
export interface Container {
  /** The ids of the contained resources and their types. */
  readonly types: ReadonlyMap<string, string>;
  /** Every `#id` met so far. */
  readonly named: Set<string>;
  /** The ids of contained resources that refer to the resource around them (`#`). */
  readonly outward: Set<string>;
}

/** Nothing has been met in it yet. */
export function containerOf(resource: JsonObject): Container {
  const contained = Array.isArray(resource.contained) ? resource.contained.filter(isObject) : [];
  const types = contained.map(({ id, resourceType }) => [nameOf(id), nameOf(resourceType)] as const);
  return { types: new Map(types), named: new Set(), outward: new Set() };
}

/** What should be text may be anything, even an object whose own members spoil its conversion to text. */
export const nameOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** More faults than this are not listed one by one: nobody reads them, and a hostile body must not grow into a larger answer. */
const MAX_ISSUES = 100;
/** Resources nest no deeper than JSON reading lets them; this only guards the stack. */
const MAX_DEPTH = 128;

/** One walk through one resource: where we are, and what has been found. */
export class Visit {
  readonly #root: string;
  readonly #segments: string[] = [];
  readonly #indexes: number[] = [];
  readonly #issues: Issue[] = [];
  readonly #questions: Question[] = [];
  #unlisted = 0;
  #unlistedSeverity: 'error' | 'warning' = 'warning';
  #isTooDeep = false;

  /** The innermost resource: `%resource` of FHIRPath invariants. */
  resource: JsonObject = {};
  container: Container = containerOf({});
  insideContained = false;
  /** Inside a Bundle or Parameters, where a reference may mean a neighbour and nothing is asked of the store. */
  packed = false;

  constructor(root: string) {
    this.#root = root;
  }

  /** `segment`: FHIRPath from the parent, with its dot (`.code`); `index` -1 where the element does not repeat. False: too deep. */
  enter(segment: string, index: number): boolean {
    if (this.#segments.length >= MAX_DEPTH) {
      if (!this.#isTooDeep) this.report('structure', `Elements are nested more than ${MAX_DEPTH} levels deep; flatten the resource.`);
      this.#isTooDeep = true;
      return false;
    }
    this.#segments.push(segment);
    this.#indexes.push(index);
    return true;
  }

  leave(): void {
    this.#segments.pop();
    this.#indexes.pop();
  }

  /** FHIRPath of where we are, or of something below it. */
  at(below = ''): string {
    const path = this.#segments.map((segment, place) => {
      const index = this.#indexes[place] ?? -1;
      return index < 0 ? segment : `${segment}[${index}]`;
    });
    return `${this.#root}${path.join('')}${below}`;
  }

  /** An error here, or at `below` (`.code`, `[2]`). */
  report(code: IssueCode, text: string, below = ''): void {
    this.#add({ severity: 'error', code, text, expression: [this.at(below)] });
  }

  warn(code: IssueCode, text: string, below = ''): void {
    this.#add({ severity: 'warning', code, text, expression: [this.at(below)] });
  }

  #add(issue: Issue): void {
    if (!this.isFull) {
      this.#issues.push(issue);
      return;
    }
    this.#unlisted += 1;
    if (issue.severity === 'error') this.#unlistedSeverity = 'error';
  }

  /** Further faults are only counted: work on their wording is wasted. */
  get isFull(): boolean {
    return this.#issues.length >= MAX_ISSUES;
  }

  /** A `#id` was met; `#` alone is the resource around. */
  name(fragment: string): void {
    this.container.named.add(fragment);
    if (fragment === '#' && this.insideContained) this.container.outward.add(nameOf(this.resource.id));
  }

  ask(question: Question): void {
    this.#questions.push(question);
  }

  result(): Validation {
    if (this.#unlisted === 0) return { issues: this.#issues, questions: this.#questions };
    const text = `${this.#unlisted} more faults are not listed; correct these first.`;
    const rest: Issue = { severity: this.#unlistedSeverity, code: 'processing', text, expression: [this.#root] };
    return { issues: [...this.#issues, rest], questions: this.#questions };
  }
}
