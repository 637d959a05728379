/** What the wall says. All are plain text. */
export interface CaptchaTexts {
  /** The heading, and the title of the page. */
  readonly title: string;
  readonly message: string;
  /** While the browser works, or waits for the widget of a provider. */
  readonly working: string;
  readonly solved: string;
  /** Something went wrong: the button below tries again. */
  readonly failed: string;
  readonly tooMany: string;
  readonly retry: string;
  /** The browser keeps no cookies, or its address changes from request to request. */
  readonly cookies: string;
  /** Where JavaScript is off. */
  readonly noScript: string;
}

/** The texts that come with the SDK, by language (RFC 4647). */
export const BUILT_IN_TEXTS = {
  en: {
    title: 'One moment, please',
    message:
      'Requests from your network address look automated. Your browser has a small task to solve before you can go on.',
    working: 'Checking your browser …',
    solved: 'Done. The page is being loaded.',
    failed: 'That did not work.',
    tooMany: 'There were too many attempts. Please wait a minute.',
    retry: 'Try again',
    cookies:
      'The check was passed, but the site still asks for it. Please allow cookies for this site, then try again.',
    noScript: 'This check needs JavaScript. Please switch it on for this site and load the page again.',
  },
  de: {
    title: 'Einen Moment bitte',
    message:
      'Anfragen von Ihrer Netzwerkadresse wirken automatisiert. Ihr Browser hat eine kleine Aufgabe zu lösen, dann geht es weiter.',
    working: 'Ihr Browser wird geprüft …',
    solved: 'Fertig. Die Seite wird geladen.',
    failed: 'Das hat nicht geklappt.',
    tooMany: 'Das waren zu viele Versuche. Bitte warten Sie eine Minute.',
    retry: 'Noch einmal versuchen',
    cookies:
      'Die Prüfung ist bestanden, wird aber noch immer verlangt. Bitte erlauben Sie Cookies für diese Seite und versuchen Sie es noch einmal.',
    noScript: 'Diese Prüfung braucht JavaScript. Bitte schalten Sie es für diese Seite ein und laden Sie sie neu.',
  },
  fr: {
    title: 'Un instant, s’il vous plaît',
    message:
      'Les requêtes de votre adresse réseau semblent automatisées. Votre navigateur doit résoudre une petite tâche avant de continuer.',
    working: 'Vérification de votre navigateur…',
    solved: 'C’est fait. La page se charge.',
    failed: 'Cela n’a pas fonctionné.',
    tooMany: 'Trop de tentatives. Veuillez patienter une minute.',
    retry: 'Réessayer',
    cookies:
      'La vérification est réussie, mais le site la demande encore. Veuillez autoriser les cookies pour ce site, puis réessayer.',
    noScript: 'Cette vérification nécessite JavaScript. Veuillez l’activer pour ce site, puis recharger la page.',
  },
  es: {
    title: 'Un momento, por favor',
    message:
      'Las solicitudes desde su dirección de red parecen automatizadas. Su navegador debe resolver una pequeña tarea antes de continuar.',
    working: 'Comprobando su navegador…',
    solved: 'Listo. La página se está cargando.',
    failed: 'No ha funcionado.',
    tooMany: 'Demasiados intentos. Espere un minuto, por favor.',
    retry: 'Intentar de nuevo',
    cookies:
      'La comprobación se ha superado, pero el sitio la sigue pidiendo. Permita las cookies en este sitio e inténtelo de nuevo.',
    noScript: 'Esta comprobación necesita JavaScript. Actívelo para este sitio y vuelva a cargar la página.',
  },
} as const satisfies Readonly<Record<string, CaptchaTexts>>;

/** The names of the texts. */
export const TEXT_NAMES = Object.keys(BUILT_IN_TEXTS.en) as readonly (keyof CaptchaTexts)[];
