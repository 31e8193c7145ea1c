/**
 * The one way to write. `commit` judges what the caller asks under the caller's permit, validates it, derives scores
 * and alerts, and stores all of it in one transaction, or none. A 201 for a QuestionnaireResponse means:
 * stored, scored, judged.
 */
import type { Permit } from '../access/permit.ts';
import type { Definitions } from '../fhir/members.ts';
import type { FhirError, Issue } from '../fhir/outcome.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import type { Tree } from '../search/ast.ts';
import type { Version } from '../store/store.ts';

/** A search that must find at most one resource; `text` is how the client wrote it, for messages and guard keys. */
export interface Condition {
  readonly type: string;
  readonly where: Tree;
  readonly text: string;
}

/** The versions of a resource that `If-Match` or `If-None-Match` names; `any`: its `*`. https://hl7.org/fhir/R4/http.html#concurrency */
export type Versions = number | readonly number[] | 'any';

/** What a patch makes of a resource. Throws FhirError where it does not apply. Run again on a newer version where another writer was faster. */
export type Change = (resource: Resource) => Resource;

export type Operation =
  /** A new resource; with `ifNoneExist`, only where nothing matches. https://hl7.org/fhir/R4/http.html#ccreate */
  | { readonly op: 'create'; readonly resource: Resource; readonly ifNoneExist?: Condition; readonly fullUrl?: string }
  /**
   * A new version (or, for a permit that may choose ids, a first one). `ifMatch`: only over one of those versions;
   * `ifNoneMatch`: only where none of them is current; `existing`: a first version is refused.
   */
  | ({ readonly op: 'update'; readonly id: string } & Update)
  /** https://hl7.org/fhir/R4/http.html#cond-update */
  | ({ readonly op: 'update-where'; readonly condition: Condition } & Update)
  /** A new version made of the current one. https://hl7.org/fhir/R4/http.html#patch */
  | ({ readonly op: 'patch'; readonly type: string; readonly id: string } & Patch)
  | ({ readonly op: 'patch-where'; readonly condition: Condition } & Patch)
  | { readonly op: 'delete'; readonly type: string; readonly id: string; readonly ifMatch?: Versions }
  /** `atMost`: how many resources may be deleted together; one, where it is not said. https://hl7.org/fhir/R4/http.html#3.1.0.7.1 */
  | { readonly op: 'delete-where'; readonly condition: Condition; readonly ifMatch?: Versions; readonly atMost?: number };

interface Update {
  readonly resource: Resource;
  readonly ifMatch?: Versions;
  readonly ifNoneMatch?: Versions;
  readonly existing?: true;
  readonly fullUrl?: string;
}

interface Patch {
  readonly change: Change;
  readonly ifMatch?: Versions;
  readonly fullUrl?: string;
}

export interface Commit {
  /** Stored together or not at all. More than one: a FHIR transaction, references among them resolved by fullUrl. */
  readonly operations: readonly Operation[];
  /** Parses a conditional reference (`Patient?identifier=…`) found inside a resource; given by the caller, who owns query text. */
  readonly parseCondition?: (type: string, query: string) => Condition;
  /** Nothing is stored: says what would be refused. */
  readonly rehearsal?: true;
  /** Which elements are URLs, that links to other entries may stand in them; without it only references are resolved. */
  readonly definitions?: Definitions;
}

export interface Done {
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'existing' | 'deleted' | 'absent';
  /** The version now current (the tombstone for a delete); undefined where nothing was there to delete. */
  readonly version: Version | undefined;
  /** How many a conditional deletion deleted, where that may be several; `version` is then the tombstone of the first. */
  readonly count?: number;
  /** Warnings and information of the validation. */
  readonly issues: readonly Issue[];
  /** What a response led to that the sender must hear of at once: Communications to the patient. */
  readonly advice: readonly { readonly ref: Ref; readonly text: string; readonly language: string }[];
}

export interface RecordKeeper {
  /** One result an operation, in order. Throws FhirError; an operation at fault is named by its index in the expression `Bundle.entry[i]`. */
  commit(commit: Commit, permit: Permit): Promise<readonly Done[]>;
  /** For what was refused before it came to a commit: urgent answers in it are kept aside for staff. Resolves to the error to be sent, which says so. */
  keepAside(error: FhirError, refused: Commit, permit: Permit): Promise<FhirError>;
}
