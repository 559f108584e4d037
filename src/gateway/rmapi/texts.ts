/** The languages that have texts of their own; every other one gets English. */
export type TextLanguage = 'fi' | 'sv' | 'en';

/** What a text speaks of. */
interface Subject {
  readonly callsign: string;
  readonly deployment: string;
}

interface Texts {
  readonly description: string;
  readonly adminDescription: string;
  readonly info: (subject: Subject) => string;
}

/** The line ends and spaces of fi and en are the original's. */
const texts: Readonly<Record<TextLanguage, Texts>> = {
  fi: {
    description: 'Matrix viestipalvelu',
    adminDescription: 'Matrix viestipalvelun ylläpito',
    info: ({ callsign, deployment }) => `
## Matrix

Terve ${callsign}! Tämä on käyttöliittymä matrix viestintäpalvelua varten.

Pyörii deploymentissa "${deployment}"

        `,
  },
  sv: {
    description: 'Matrix meddelandetjänst',
    adminDescription: 'Administration av Matrix meddelandetjänst',
    info: ({ callsign, deployment }) => `
## Matrix

Hej ${callsign}! Det här är gränssnittet för meddelandetjänsten Matrix.

Körs i deploymenten "${deployment}"
`,
  },
  en: {
    description: 'Matrix messaging service',
    adminDescription: 'Administration of the Matrix messaging service',
    info: ({ callsign, deployment }) => `
## Matrix product

Hello ${callsign}! This is the UI for the matrix messaging service.

Running on deployment "${deployment}"
`,
  },
};

function isTextLanguage(language: string): language is TextLanguage {
  return Object.hasOwn(texts, language);
}

/** The texts for a language tag, exactly as it is written; English where it has none. */
export function textsFor(language: string): Texts {
  return texts[isTextLanguage(language) ? language : 'en'];
}
