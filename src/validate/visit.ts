import type { Issue, IssueCode } from '../fhir/outcome.ts';
import type { CodeQuestion } from '../terminology/membership.ts';
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

/** More faults than this, and more of what is only told, are not listed one by one: nobody reads them, and a hostile body must not grow into a larger answer. */
const MAX_ISSUES = 100;
/** Resources nest no deeper than JSON reading lets them; this only guards the stack. */
const MAX_DEPTH = 128;

export interface CodeTold {
  readonly severity: 'error' | 'warning' | 'information';
  readonly out: string;
  readonly unknown: string;
  readonly below: string;
}

export interface VisitStep {
  /** FHIRPath from the parent: `.name`, `.value.ofType(Quantity)`. */
  readonly segment: string;
  /** -1 where the element does not repeat. */
  readonly index: number;
}

interface Trial {
  first: Issue | undefined;
}

/** One walk through one resource: where we are, and what has been found. */
export class Visit {
  readonly #root: string;
  readonly #segments: string[] = [];
  readonly #indexes: number[] = [];
  readonly #issues: Issue[] = [];
  readonly #questions: Question[] = [];
  readonly #faults = new WeakMap<object, Map<string, Issue | undefined>>();
  readonly #said = new WeakMap<object, Set<string>>();
  #errors = 0;
  #unlisted = 0;
  #unlistedSeverity: 'error' | 'warning' = 'warning';
  #isTooDeep = false;
  /** Set while something is only tried: how many errors there were, and the first. */
  #trial: Trial | undefined;

  /** The innermost resource: `%resource` of FHIRPath invariants. */
  resource: JsonObject = {};
  /** The resource that contains it, or itself: `%rootResource`. */
  root: JsonObject = {};
  /** The innermost Bundle around: where references to neighbours lead. */
  bundle: JsonObject | undefined;
  /** How many segments lead to the innermost resource. */
  depth = 0;
  /** Canonical of the profile whose rules are being applied; undefined for the base. */
  profile: string | undefined;
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

  inform(code: IssueCode, text: string, below = ''): void {
    this.#add({ severity: 'information', code, text, expression: [this.at(below)] });
  }

  /** Runs without reporting; gives the first error, or undefined where there was none. What would be asked is not asked. */
  attempt(run: () => void): Issue | undefined {
    const outer = this.#trial;
    const trial: Trial = { first: undefined };
    this.#trial = trial;
    try {
      run();
    } finally {
      this.#trial = outer;
    }
    return trial.first;
  }

  /** Whether something is only tried, and one error has been found: then nothing more needs to be looked at. */
  get isDecided(): boolean {
    return this.#trial?.first !== undefined;
  }

  /** Whether something is only tried: nothing is reported. */
  get isTrying(): boolean {
    return this.#trial !== undefined;
  }

  /** What is wrong with a value under a name, found out once. While it is being found out, nothing is. */
  faultOnce(value: object, name: string, find: () => Issue | undefined): Issue | undefined {
    const known = this.#faults.get(value) ?? new Map<string, Issue | undefined>();
    this.#faults.set(value, known);
    if (known.has(name)) return known.get(name);
    known.set(name, undefined);
    const fault = find();
    known.set(name, fault);
    return fault;
  }

  /** Whether this is the first time that something is said of a value. */
  isFirst(value: object, name: string): boolean {
    const known = this.#said.get(value) ?? new Set<string>();
    this.#said.set(value, known);
    return known.size < known.add(name).size;
  }

  /** Goes into a resource inside this one, and comes back. */
  within(inner: JsonObject, member: string, run: () => void): void {
    const { resource, root, bundle, depth, container, insideContained, packed } = this;
    this.resource = inner;
    this.depth = this.#segments.length;
    if (member === 'contained') this.insideContained = true;
    else
      Object.assign(this, {
        root: inner,
        container: containerOf(inner),
        insideContained: false,
        packed: true,
        bundle: resource.resourceType === 'Bundle' ? resource : bundle,
      });
    run();
    Object.assign(this, { resource, root, bundle, depth, container, insideContained, packed });
  }

  /** The steps from the innermost resource to where we are. */
  get steps(): readonly VisitStep[] {
    return this.#segments.slice(this.depth).map((segment, place) => ({ segment, index: this.#indexes[this.depth + place] ?? -1 }));
  }

  #add(found: Issue): void {
    if (this.#trial !== undefined) {
      if (found.severity === 'error') this.#trial.first ??= found;
      return;
    }
    const issue = this.profile === undefined ? found : { ...found, text: `${found.text} (profile ${this.profile})` };
    const isError = issue.severity === 'error';
    if ((isError ? this.#errors : this.#issues.length - this.#errors) >= MAX_ISSUES) {
      this.#unlisted += 1;
      if (isError) this.#unlistedSeverity = 'error';
      return;
    }
    // An element and a slice of it may both ask the same.
    if (this.#issues.some((other) => other.text === issue.text && other.expression?.[0] === issue.expression?.[0])) return;
    this.#issues.push(issue);
    if (isError) this.#errors += 1;
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** Further faults are only counted: work on their wording is wasted. */
  get isFull(): boolean {
    return this.#errors >= MAX_ISSUES;
  }

  /** A `#id` was met; `#` alone is the resource around. */
  name(fragment: string): void {
    this.container.named.add(fragment);
    if (fragment === '#' && this.insideContained) this.container.outward.add(nameOf(this.resource.id));
  }

  /** Asks whether one of the codes is in its set; tells `out` or `unknown` otherwise. */
  askCode(codes: readonly CodeQuestion[], told: CodeTold): void {
    const said = this.profile === undefined ? '' : ` (profile ${this.profile})`;
    const issue = (severity: Issue['severity'], code: IssueCode, text: string): Issue => ({
      severity,
      code,
      text: `${text}${said}`,
      expression: [this.at(told.below)],
    });
    this.ask({ ask: 'code', codes, out: issue(told.severity, 'code-invalid', told.out), unknown: issue('warning', 'not-supported', told.unknown) });
  }

  ask(question: Question): void {
    if (this.#trial === undefined) this.#questions.push(question);
  }

  result(): Validation {
    if (this.#unlisted === 0) return { issues: this.#issues, questions: this.#questions };
    const text = `${this.#unlisted} more faults are not listed; correct these first.`;
    const rest: Issue = { severity: this.#unlistedSeverity, code: 'processing', text, expression: [this.#root] };
    return { issues: [...this.#issues, rest], questions: this.#questions };
  }
}
