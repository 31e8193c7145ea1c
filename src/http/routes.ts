/**
 * Everything that can be asked of /fhir. Dispatch, 405 answers and the CapabilityStatement are read from this table.
 * Where two rows fit a path, the earlier one is meant.
 */
import type { Route } from './call.ts';
import { batchOrTransaction } from './interactions/batch.ts';
import { capabilities } from './interactions/capabilities.ts';
import { searchCompartment } from './interactions/compartment.ts';
import { create } from './interactions/create.ts';
import { deleteOne, deleteWhere } from './interactions/delete.ts';
import { everything } from './interactions/everything.ts';
import { history } from './interactions/history.ts';
import { lastn } from './interactions/lastn.ts';
import { addMeta, deleteMeta, metaOf, metaOfAll } from './interactions/meta.ts';
import { openApi } from './interactions/openapi.ts';
import { listPackages, loadPackage, unloadPackage } from './interactions/packages.ts';
import { patchOne, patchWhere } from './interactions/patch.ts';
import { pullAll, pullPatient } from './interactions/pull.ts';
import { assembleForm } from './interactions/questionnaire/assemble.ts';
import { extractFrom } from './interactions/questionnaire/extract.ts';
import { nextQuestion } from './interactions/questionnaire/next-question.ts';
import { populateResponse } from './interactions/questionnaire/populate.ts';
import { processResponse } from './interactions/questionnaire/process-response.ts';
import { validateResponse } from './interactions/questionnaire/validate-response.ts';
import { read } from './interactions/read.ts';
import { parameterStatus, reindex } from './interactions/reindex.ts';
import { searchSystem, searchType } from './interactions/search.ts';
import { stats } from './interactions/stats.ts';
import { lookupCode, subsumesCode, validateInCodeSystem } from './interactions/terminology/code-system.ts';
import { translateCode } from './interactions/terminology/concept-map.ts';
import { expandValueSet, validateInValueSet } from './interactions/terminology/value-set.ts';
import { timeline } from './interactions/timeline.ts';
import { update, updateWhere } from './interactions/update.ts';
import { validate } from './interactions/validate.ts';
import { vread } from './interactions/vread.ts';

export const ROUTES: readonly Route[] = [
  { method: 'GET', path: 'metadata', interaction: 'capabilities', policy: 'public', handle: capabilities },
  { method: 'GET', path: 'openapi.json', interaction: 'openapi', policy: 'public', handle: openApi },

  { method: 'POST', path: '', interaction: 'batch or transaction', policy: 'any', handle: batchOrTransaction },
  { method: 'GET', path: '', interaction: 'search-system', policy: 'search', handle: searchSystem },
  { method: 'POST', path: '_search', interaction: 'search-system', policy: 'search', handle: searchSystem },
  { method: 'GET', path: '_history', interaction: 'history-system', policy: 'history', handle: history },

  { method: 'GET', path: 'Patient/:id/$everything', interaction: '$everything', policy: 'read', handle: everything },
  { method: 'POST', path: 'Patient/:id/$everything', interaction: '$everything', policy: 'read', handle: everything },
  { method: 'GET', path: 'Observation/$lastn', interaction: '$lastn', policy: 'search', handle: lastn },
  { method: 'POST', path: 'Observation/$lastn', interaction: '$lastn', policy: 'search', handle: lastn },
  { method: 'GET', path: 'Observation/$stats', interaction: '$stats', policy: 'search', handle: stats },
  { method: 'POST', path: 'Observation/$stats', interaction: '$stats', policy: 'search', handle: stats },
  { method: 'GET', path: 'Patient/:id/$timeline', interaction: '$timeline', policy: 'read', handle: timeline },
  { method: 'POST', path: 'Patient/:id/$timeline', interaction: '$timeline', policy: 'read', handle: timeline },
  { method: 'POST', path: '$pull', interaction: '$pull', policy: 'any', handle: pullAll },
  { method: 'POST', path: 'Patient/:id/$pull', interaction: '$pull', policy: 'read', handle: pullPatient },
  { method: 'GET', path: 'ValueSet/$expand', interaction: '$expand', policy: 'any', handle: expandValueSet },
  { method: 'POST', path: 'ValueSet/$expand', interaction: '$expand', policy: 'any', handle: expandValueSet },
  { method: 'GET', path: 'ValueSet/:id/$expand', interaction: '$expand', policy: 'read', handle: expandValueSet },
  { method: 'POST', path: 'ValueSet/:id/$expand', interaction: '$expand', policy: 'read', handle: expandValueSet },
  { method: 'GET', path: 'ValueSet/$validate-code', interaction: '$validate-code', policy: 'any', handle: validateInValueSet },
  { method: 'POST', path: 'ValueSet/$validate-code', interaction: '$validate-code', policy: 'any', handle: validateInValueSet },
  { method: 'GET', path: 'ValueSet/:id/$validate-code', interaction: '$validate-code', policy: 'read', handle: validateInValueSet },
  { method: 'POST', path: 'ValueSet/:id/$validate-code', interaction: '$validate-code', policy: 'read', handle: validateInValueSet },
  { method: 'GET', path: 'CodeSystem/$lookup', interaction: '$lookup', policy: 'any', handle: lookupCode },
  { method: 'POST', path: 'CodeSystem/$lookup', interaction: '$lookup', policy: 'any', handle: lookupCode },
  { method: 'GET', path: 'CodeSystem/$validate-code', interaction: '$validate-code', policy: 'any', handle: validateInCodeSystem },
  { method: 'POST', path: 'CodeSystem/$validate-code', interaction: '$validate-code', policy: 'any', handle: validateInCodeSystem },
  { method: 'GET', path: 'CodeSystem/:id/$validate-code', interaction: '$validate-code', policy: 'read', handle: validateInCodeSystem },
  { method: 'POST', path: 'CodeSystem/:id/$validate-code', interaction: '$validate-code', policy: 'read', handle: validateInCodeSystem },
  { method: 'GET', path: 'CodeSystem/$subsumes', interaction: '$subsumes', policy: 'any', handle: subsumesCode },
  { method: 'POST', path: 'CodeSystem/$subsumes', interaction: '$subsumes', policy: 'any', handle: subsumesCode },
  { method: 'GET', path: 'CodeSystem/:id/$subsumes', interaction: '$subsumes', policy: 'read', handle: subsumesCode },
  { method: 'POST', path: 'CodeSystem/:id/$subsumes', interaction: '$subsumes', policy: 'read', handle: subsumesCode },
  { method: 'GET', path: 'ConceptMap/$translate', interaction: '$translate', policy: 'any', handle: translateCode },
  { method: 'POST', path: 'ConceptMap/$translate', interaction: '$translate', policy: 'any', handle: translateCode },
  { method: 'GET', path: 'ConceptMap/:id/$translate', interaction: '$translate', policy: 'read', handle: translateCode },
  { method: 'POST', path: 'ConceptMap/:id/$translate', interaction: '$translate', policy: 'read', handle: translateCode },
  { method: 'GET', path: 'Questionnaire/$populate', interaction: '$populate', policy: 'any', handle: populateResponse },
  { method: 'POST', path: 'Questionnaire/$populate', interaction: '$populate', policy: 'any', handle: populateResponse },
  { method: 'GET', path: 'Questionnaire/:id/$populate', interaction: '$populate', policy: 'any', handle: populateResponse },
  { method: 'POST', path: 'Questionnaire/:id/$populate', interaction: '$populate', policy: 'any', handle: populateResponse },
  { method: 'POST', path: 'QuestionnaireResponse/$extract', interaction: '$extract', policy: 'any', handle: extractFrom },
  { method: 'GET', path: 'QuestionnaireResponse/:id/$extract', interaction: '$extract', policy: 'any', handle: extractFrom },
  { method: 'POST', path: 'QuestionnaireResponse/:id/$extract', interaction: '$extract', policy: 'any', handle: extractFrom },
  { method: 'GET', path: 'Questionnaire/$assemble', interaction: '$assemble', policy: 'any', handle: assembleForm },
  { method: 'POST', path: 'Questionnaire/$assemble', interaction: '$assemble', policy: 'any', handle: assembleForm },
  { method: 'GET', path: 'Questionnaire/:id/$assemble', interaction: '$assemble', policy: 'any', handle: assembleForm },
  { method: 'POST', path: 'Questionnaire/:id/$assemble', interaction: '$assemble', policy: 'any', handle: assembleForm },
  { method: 'POST', path: 'Questionnaire/$next-question', interaction: '$next-question', policy: 'any', handle: nextQuestion },
  { method: 'POST', path: 'Questionnaire/$process-response', interaction: '$process-response', policy: 'any', handle: processResponse },
  { method: 'POST', path: 'Questionnaire/:id/$process-response', interaction: '$process-response', policy: 'any', handle: processResponse },
  { method: 'POST', path: 'Questionnaire/$validate-response', interaction: '$validate-response', policy: 'any', handle: validateResponse },
  { method: 'POST', path: 'Questionnaire/:id/$validate-response', interaction: '$validate-response', policy: 'any', handle: validateResponse },
  { method: 'GET', path: '$packages', interaction: '$packages', policy: 'any', handle: listPackages },
  { method: 'POST', path: '$load-package', interaction: '$load-package', policy: 'admin', handle: loadPackage },
  { method: 'POST', path: '$unload-package', interaction: '$unload-package', policy: 'admin', handle: unloadPackage },
  { method: 'GET', path: 'SearchParameter/$status', interaction: '$status', policy: 'search', handle: parameterStatus },
  { method: 'POST', path: 'SearchParameter/$status', interaction: '$status', policy: 'search', handle: parameterStatus },
  { method: 'POST', path: '$reindex', interaction: '$reindex', policy: 'admin', handle: reindex },
  { method: 'POST', path: ':type/$reindex', interaction: '$reindex', policy: 'admin', handle: reindex },
  { method: 'GET', path: '$meta', interaction: '$meta', policy: 'search', handle: metaOfAll },
  { method: 'GET', path: ':type/$meta', interaction: '$meta', policy: 'search', handle: metaOfAll },
  { method: 'GET', path: ':type/:id/$meta', interaction: '$meta', policy: 'read', handle: metaOf },
  { method: 'GET', path: ':type/:id/_history/:version/$meta', interaction: '$meta', policy: 'read', handle: metaOf },
  { method: 'POST', path: ':type/:id/$meta-add', interaction: '$meta-add', policy: 'update', handle: addMeta },
  { method: 'POST', path: ':type/:id/$meta-delete', interaction: '$meta-delete', policy: 'update', handle: deleteMeta },
  { method: 'POST', path: ':type/:id/_history/:version/$meta-add', interaction: '$meta-add', policy: 'update', handle: addMeta },
  { method: 'POST', path: ':type/:id/_history/:version/$meta-delete', interaction: '$meta-delete', policy: 'update', handle: deleteMeta },
  { method: 'POST', path: '$validate', interaction: '$validate', policy: 'any', handle: validate },
  { method: 'POST', path: ':type/$validate', interaction: '$validate', policy: 'any', handle: validate },
  { method: 'GET', path: ':type/:id/$validate', interaction: '$validate', policy: 'read', handle: validate },
  { method: 'POST', path: ':type/:id/$validate', interaction: '$validate', policy: 'read', handle: validate },

  { method: 'GET', path: ':type', interaction: 'search-type', policy: 'search', handle: searchType },
  { method: 'POST', path: ':type/_search', interaction: 'search-type', policy: 'search', handle: searchType },
  { method: 'POST', path: ':type', interaction: 'create', policy: 'create', handle: create },
  { method: 'PUT', path: ':type', interaction: 'conditional-update', policy: 'update', handle: updateWhere },
  { method: 'PATCH', path: ':type', interaction: 'conditional-patch', policy: 'update', handle: patchWhere },
  { method: 'DELETE', path: ':type', interaction: 'conditional-delete', policy: 'delete', handle: deleteWhere },
  { method: 'GET', path: ':type/_history', interaction: 'history-type', policy: 'history', handle: history },

  { method: 'GET', path: ':type/:id', interaction: 'read', policy: 'read', handle: read },
  { method: 'PUT', path: ':type/:id', interaction: 'update', policy: 'update', handle: update },
  { method: 'PATCH', path: ':type/:id', interaction: 'patch', policy: 'update', handle: patchOne },
  { method: 'DELETE', path: ':type/:id', interaction: 'delete', policy: 'delete', handle: deleteOne },
  { method: 'GET', path: ':type/:id/_history', interaction: 'history-instance', policy: 'history', handle: history },
  { method: 'GET', path: ':type/:id/_history/:version', interaction: 'vread', policy: 'read', handle: vread },

  { method: 'GET', path: 'Patient/:id/:target', interaction: 'search-compartment', policy: 'search', handle: searchCompartment },
  { method: 'GET', path: 'Encounter/:id/:target', interaction: 'search-compartment', policy: 'search', handle: searchCompartment },
  { method: 'GET', path: 'Practitioner/:id/:target', interaction: 'search-compartment', policy: 'search', handle: searchCompartment },
  { method: 'GET', path: 'RelatedPerson/:id/:target', interaction: 'search-compartment', policy: 'search', handle: searchCompartment },
  { method: 'GET', path: 'Device/:id/:target', interaction: 'search-compartment', policy: 'search', handle: searchCompartment },
];
