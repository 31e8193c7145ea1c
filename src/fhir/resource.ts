/**
 * The words that every room uses for a FHIR resource. Code that works on one known type takes its shape from
 * `fhir/r4` (@types/fhir); code that works on any type takes `Resource`.
 * https://hl7.org/fhir/R4/resource.html
 */

export interface Meta {
  versionId?: string;
  lastUpdated?: string;
  source?: string;
  profile?: string[];
  security?: Coding[];
  tag?: Coding[];
}

export interface Coding {
  system?: string;
  version?: string;
  code?: string;
  display?: string;
}

/** Any resource: known by its type, everything else unknown until looked at. */
export interface Resource {
  resourceType: string;
  id?: string;
  meta?: Meta;
  [element: string]: unknown;
}

/** `Type/id`: how a stored resource is named everywhere inside the server. */
export type Ref = string;

export const refOf = (type: string, id: string): Ref => `${type}/${id}`;

/** Tells the time. Passed in, so that a test or a replay decides what "now" is. */
export type Clock = () => Date;

/** Makes a new logical id (a UUID that begins with the time, outside tests). https://hl7.org/fhir/R4/datatypes.html#id */
export type IdMaker = () => string;
