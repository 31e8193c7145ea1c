/**
 * What the hospital has done for each person, as data. Codes are given where they are well known (SNOMED CT, ATC),
 * words everywhere. Days count back from the fever of the story; doses are of the usual order, and of nobody.
 */

/** `system` is short for the URI; text alone where no code is given. */
export interface Term {
  readonly text: string;
  readonly snomed?: string;
  readonly atc?: string;
}

export interface Diagnosis {
  readonly what: Term;
  readonly stage?: string;
  readonly days: number;
}

export interface Drug {
  readonly what: Term;
  readonly mg: number;
  readonly route: string;
}

/** The same drugs again and again; the last time `last` days ago. */
export interface Course {
  readonly name: string;
  readonly drugs: readonly Drug[];
  readonly everyDays: number;
  readonly times: number;
  readonly last: number;
  /** A blood count the day before each. */
  readonly bloods: boolean;
}

export interface Prescription {
  readonly what: Term;
  readonly dosage: string;
  readonly days: number;
}

export interface Report {
  readonly what: string;
  readonly kind: 'RAD' | 'PAT';
  readonly conclusion: string;
  readonly days: number;
}

export interface Allergy {
  readonly what: Term;
  readonly reaction?: string;
}

export interface History {
  readonly doctor: 'dr-lindqvist' | 'dr-okafor' | 'dr-zhang';
  readonly diagnoses: readonly Diagnosis[];
  readonly surgery?: { readonly what: string; readonly days: number };
  readonly courses: readonly Course[];
  readonly prescriptions: readonly Prescription[];
  readonly reports: readonly Report[];
  /** Empty: none recorded. */
  readonly allergies: readonly Allergy[];
  readonly plan: string;
}

const CARBOPLATIN: Drug = { what: { text: 'Carboplatin', atc: 'L01XA02' }, mg: 560, route: 'Intravenous infusion' };
const PACLITAXEL: Drug = { what: { text: 'Paclitaxel', atc: 'L01CD01' }, mg: 300, route: 'Intravenous infusion' };
const PEMETREXED: Drug = { what: { text: 'Pemetrexed', atc: 'L01BA04' }, mg: 900, route: 'Intravenous infusion' };
const OXALIPLATIN: Drug = { what: { text: 'Oxaliplatin', atc: 'L01XA03' }, mg: 150, route: 'Intravenous infusion' };
const DOXORUBICIN: Drug = { what: { text: 'Doxorubicin', atc: 'L01DB01' }, mg: 100, route: 'Intravenous infusion' };
const CYCLOPHOSPHAMIDE: Drug = { what: { text: 'Cyclophosphamide', atc: 'L01AA01' }, mg: 1000, route: 'Intravenous infusion' };
const LEUPRORELIN: Drug = { what: { text: 'Leuprorelin', atc: 'L02AE02' }, mg: 22.5, route: 'Subcutaneous injection' };
const DENOSUMAB_60: Drug = { what: { text: 'Denosumab 60 mg', atc: 'M05BX04' }, mg: 60, route: 'Subcutaneous injection' };
const DENOSUMAB_120: Drug = { what: { text: 'Denosumab 120 mg', atc: 'M05BX04' }, mg: 120, route: 'Subcutaneous injection' };
const ZOLEDRONATE_5: Drug = { what: { text: 'Zoledronic acid 5 mg', atc: 'M05BA08' }, mg: 5, route: 'Intravenous infusion' };
const ZOLEDRONATE_4: Drug = { what: { text: 'Zoledronic acid 4 mg', atc: 'M05BA08' }, mg: 4, route: 'Intravenous infusion' };

const MORPHINE: Prescription = { what: { text: 'Morphine, prolonged release 20 mg', atc: 'N02AA01' }, dosage: '1 tablet every 12 hours', days: 48 };
const MORPHINE_RESCUE: Prescription = {
  what: { text: 'Morphine 10 mg', atc: 'N02AA01' },
  dosage: '1 tablet when pain breaks through, at most 6 a day',
  days: 48,
};
const OXYCODONE: Prescription = { what: { text: 'Oxycodone, prolonged release 10 mg', atc: 'N02AA05' }, dosage: '1 tablet every 12 hours', days: 60 };
const MACROGOL: Prescription = { what: { text: 'Macrogol, sachet', atc: 'A06AD15' }, dosage: '1 sachet twice a day while taking the opioid', days: 48 };
const LACTULOSE: Prescription = { what: { text: 'Lactulose', atc: 'A06AD11' }, dosage: '15 ml twice a day while taking the opioid', days: 60 };
const ONDANSETRON: Prescription = {
  what: { text: 'Ondansetron 8 mg', atc: 'A04AA01' },
  dosage: '1 tablet twice a day for 3 days after chemotherapy',
  days: 93,
};
const PARACETAMOL: Prescription = {
  what: { text: 'Paracetamol 1 g', atc: 'N02BE01' },
  dosage: '1 tablet up to 4 times a day; not for fever without asking first',
  days: 93,
};
const VITAMIN_D: Prescription = { what: { text: 'Colecalciferol 20 micrograms', atc: 'A11CC05' }, dosage: '1 tablet a day', days: 400 };

const PENICILLIN: Allergy = { what: { text: 'Allergy to penicillin', snomed: '91936005' }, reaction: 'Rash all over the body' };
const NO_KNOWN_ALLERGY: Allergy = { what: { text: 'No known allergy', snomed: '716186003' } };

const OSTEOPOROSIS: Term = { text: 'Osteoporosis', snomed: '64859006' };
const BREAST: Term = { text: 'Breast cancer', snomed: '254837009' };
const BONE_METASTASES: Term = { text: 'Cancer spread to bone', snomed: '94222008' };

const dxa = (tScore: string, days: number): Report => ({
  what: 'Bone density scan (DXA), hip and lumbar spine',
  kind: 'RAD',
  conclusion: `T-score ${tScore} at the femoral neck; osteoporosis.`,
  days,
});

/** By the person's id at the centre. */
export const HISTORIES: Readonly<Record<string, History>> = {
  'margaret-ellis': {
    doctor: 'dr-okafor',
    diagnoses: [{ what: { text: 'Ovarian cancer', snomed: '363443007' }, stage: 'FIGO stage IIIC', days: 130 }],
    surgery: { what: 'Removal of ovaries, womb and omentum', days: 112 },
    courses: [{ name: 'Carboplatin and paclitaxel', drugs: [PACLITAXEL, CARBOPLATIN], everyDays: 21, times: 5, last: 9, bloods: true }],
    prescriptions: [ONDANSETRON, PARACETAMOL],
    reports: [
      { what: 'Pathology of the removed tissue', kind: 'PAT', conclusion: 'High-grade serous carcinoma of the ovary.', days: 104 },
      { what: 'CT of chest, abdomen and pelvis', kind: 'RAD', conclusion: 'Good response after three cycles; no new disease.', days: 41 },
    ],
    allergies: [NO_KNOWN_ALLERGY],
    plan: 'Six cycles of carboplatin and paclitaxel. Temperature of 38 °C or more at any time: admit at once, do not wait for blood counts.',
  },
  'wang-xiuying': {
    doctor: 'dr-zhang',
    diagnoses: [{ what: BREAST, stage: 'Stage IIB (T2 N1 M0)', days: 160 }],
    surgery: { what: 'Removal of the left breast with axillary nodes', days: 140 },
    courses: [{ name: 'Doxorubicin and cyclophosphamide', drugs: [DOXORUBICIN, CYCLOPHOSPHAMIDE], everyDays: 21, times: 4, last: 33, bloods: true }],
    prescriptions: [ONDANSETRON],
    reports: [{ what: 'Pathology of the removed breast', kind: 'PAT', conclusion: 'Invasive ductal carcinoma, 28 mm, 2 of 14 nodes.', days: 134 }],
    allergies: [PENICILLIN],
    plan: 'Radiotherapy of the chest wall next, then hormone treatment for five years.',
  },
  'li-guoqiang': {
    doctor: 'dr-zhang',
    diagnoses: [
      { what: { text: 'Non-small cell lung cancer', snomed: '254637007' }, stage: 'Stage IV', days: 120 },
      { what: BONE_METASTASES, days: 118 },
    ],
    courses: [{ name: 'Carboplatin and pemetrexed', drugs: [PEMETREXED, CARBOPLATIN], everyDays: 21, times: 4, last: 16, bloods: true }],
    prescriptions: [MORPHINE, MORPHINE_RESCUE, MACROGOL],
    reports: [{ what: 'CT of the chest', kind: 'RAD', conclusion: 'Stable disease in the right upper lobe; metastases in the ribs.', days: 30 }],
    allergies: [NO_KNOWN_ALLERGY],
    plan: 'Treatment to slow the disease and relieve pain; palliative team involved.',
  },
  'ingrid-haugen': {
    doctor: 'dr-lindqvist',
    diagnoses: [
      { what: BREAST, stage: 'Stage IV', days: 420 },
      { what: BONE_METASTASES, days: 415 },
    ],
    courses: [{ name: 'Zoledronic acid', drugs: [ZOLEDRONATE_4], everyDays: 84, times: 4, last: 27, bloods: false }],
    prescriptions: [{ what: { text: 'Letrozole 2.5 mg', atc: 'L02BG04' }, dosage: '1 tablet a day', days: 410 }, OXYCODONE, LACTULOSE],
    reports: [{ what: 'CT of chest and abdomen', kind: 'RAD', conclusion: 'Unchanged metastases in the spine.', days: 75 }],
    allergies: [{ what: { text: 'Allergy to adhesive plasters' }, reaction: 'Itching where the plaster was' }],
    plan: 'Hormone treatment for as long as it works; zoledronic acid every twelve weeks.',
  },
  'ola-bakken': {
    doctor: 'dr-lindqvist',
    diagnoses: [
      { what: { text: 'Prostate cancer', snomed: '399068003' }, stage: 'Stage IV (M1b)', days: 700 },
      { what: BONE_METASTASES, days: 698 },
    ],
    courses: [
      { name: 'Leuprorelin', drugs: [LEUPRORELIN], everyDays: 90, times: 4, last: 50, bloods: false },
      { name: 'Denosumab', drugs: [DENOSUMAB_120], everyDays: 28, times: 5, last: 12, bloods: false },
    ],
    prescriptions: [OXYCODONE, LACTULOSE, VITAMIN_D],
    reports: [{ what: 'Bone scintigraphy', kind: 'RAD', conclusion: 'Metastases in pelvis and lumbar spine, unchanged.', days: 90 }],
    allergies: [NO_KNOWN_ALLERGY],
    plan: 'Hormone treatment; denosumab every four weeks. New weakness of the legs: MRI the same day.',
  },
  'thomas-whitfield': {
    doctor: 'dr-okafor',
    diagnoses: [{ what: { text: 'Colon cancer', snomed: '363406005' }, stage: 'Stage III', days: 150 }],
    surgery: { what: 'Removal of the right side of the colon', days: 135 },
    courses: [{ name: 'Capecitabine and oxaliplatin: infusion', drugs: [OXALIPLATIN], everyDays: 21, times: 4, last: 5, bloods: true }],
    prescriptions: [
      { what: { text: 'Capecitabine 500 mg', atc: 'L01BC06' }, dosage: '3 tablets twice a day on days 1 to 14 of each cycle', days: 68 },
      ONDANSETRON,
    ],
    reports: [{ what: 'Pathology of the removed colon', kind: 'PAT', conclusion: 'Adenocarcinoma, 3 of 22 nodes.', days: 128 }],
    allergies: [],
    plan: 'Eight cycles of capecitabine and oxaliplatin.',
  },
  'chen-lihua': {
    doctor: 'dr-zhang',
    diagnoses: [{ what: { text: 'Stomach cancer', snomed: '363349007' }, stage: 'Stage III', days: 170 }],
    surgery: { what: 'Removal of part of the stomach', days: 155 },
    courses: [{ name: 'Capecitabine and oxaliplatin: infusion', drugs: [OXALIPLATIN], everyDays: 21, times: 5, last: 19, bloods: true }],
    prescriptions: [{ what: { text: 'Capecitabine 500 mg', atc: 'L01BC06' }, dosage: '3 tablets twice a day on days 1 to 14 of each cycle', days: 103 }],
    reports: [{ what: 'Gastroscopy', kind: 'RAD', conclusion: 'The join has healed.', days: 110 }],
    allergies: [NO_KNOWN_ALLERGY],
    plan: 'Six months of chemotherapy after surgery; weight at every visit.',
  },
  'astrid-lunde': {
    doctor: 'dr-lindqvist',
    diagnoses: [
      { what: OSTEOPOROSIS, days: 1100 },
      { what: { text: 'Fracture of the second lumbar vertebra' }, days: 1105 },
    ],
    courses: [{ name: 'Denosumab', drugs: [DENOSUMAB_60], everyDays: 182, times: 5, last: 200, bloods: false }],
    prescriptions: [VITAMIN_D],
    reports: [dxa('-3.1', 365)],
    allergies: [NO_KNOWN_ALLERGY],
    plan: 'Denosumab every six months without a gap; the next injection is due.',
  },
  'dorothy-marsh': {
    doctor: 'dr-okafor',
    diagnoses: [
      { what: OSTEOPOROSIS, days: 600 },
      { what: { text: 'Fracture of the left hip' }, days: 604 },
    ],
    surgery: { what: 'Repair of the left hip with a nail', days: 603 },
    courses: [],
    prescriptions: [
      { what: { text: 'Alendronic acid 70 mg', atc: 'M05BA04' }, dosage: '1 tablet once a week, upright, with a glass of water', days: 590 },
      VITAMIN_D,
    ],
    reports: [dxa('-2.9', 580)],
    allergies: [PENICILLIN],
    plan: 'Alendronic acid for five years; exercise against falls.',
  },
  'zhao-guifang': {
    doctor: 'dr-zhang',
    diagnoses: [{ what: OSTEOPOROSIS, days: 800 }],
    courses: [{ name: 'Zoledronic acid', drugs: [ZOLEDRONATE_5], everyDays: 365, times: 2, last: 90, bloods: false }],
    prescriptions: [VITAMIN_D],
    reports: [dxa('-2.7', 95)],
    allergies: [NO_KNOWN_ALLERGY],
    plan: 'Zoledronic acid once a year, three times in all.',
  },
  'helen-crawford': {
    doctor: 'dr-okafor',
    diagnoses: [{ what: BREAST, stage: 'Stage I', days: 90 }],
    surgery: { what: 'Removal of a lump from the right breast', days: 70 },
    courses: [],
    prescriptions: [{ what: { text: 'Letrozole 2.5 mg', atc: 'L02BG04' }, dosage: '1 tablet a day', days: 40 }],
    reports: [],
    allergies: [NO_KNOWN_ALLERGY],
    plan: 'Radiotherapy, then letrozole for five years.',
  },
  'liu-jianguo': {
    doctor: 'dr-zhang',
    diagnoses: [{ what: OSTEOPOROSIS, days: 300 }],
    courses: [],
    prescriptions: [{ what: { text: 'Alendronic acid 70 mg', atc: 'M05BA04' }, dosage: '1 tablet once a week, upright, with a glass of water', days: 290 }],
    reports: [dxa('-2.6', 305)],
    allergies: [NO_KNOWN_ALLERGY],
    plan: 'Alendronic acid; a scan again in two years.',
  },
};
