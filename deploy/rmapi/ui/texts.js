/** What the page says, in the deployment's languages. */
export const texts = {
  en: {
    title: 'Matrix',
    lead: 'Messages, calls and files for your unit, encrypted from end to end.',
    homeserver: 'Address of the homeserver',
    copy: 'Copy',
    copied: 'Copied',
    notCopied: 'Select the address and copy it by hand.',
    open: 'Guide',
    back: 'Back',
    next: 'Next',
    done: 'Done',
    close: 'Close',
    step: (at, of) => `Step ${at} of ${of}`,
    onboarding: {
      title: 'Welcome to Matrix',
      text: 'Copy the address below, give it to your Matrix client as its homeserver, and sign in with your callsign.',
    },
    guides: {
      messaging: {
        title: 'Start messaging',
        steps: [
          'Install a Matrix client, such as Element, on your phone or computer.',
          'Choose "Edit" beside the homeserver, and paste the address of this page.',
          'Sign in through the deployment: it knows you by your certificate.',
          "Open the deployment's space. Its rooms for general talk, help and everything else are there already.",
        ],
      },
      unit: {
        title: 'Bring your unit together',
        steps: [
          "Open the deployment's space and choose to add a room.",
          'Name it after your unit, and keep it private and encrypted.',
          'Invite your people by their callsigns.',
          'Verify one another, so that you know whose devices read along.',
        ],
      },
    },
  },
  fi: {
    title: 'Matrix',
    lead: 'Viestit, puhelut ja tiedostot yksikkösi käyttöön, päästä päähän salattuina.',
    homeserver: 'Kotipalvelimen osoite',
    copy: 'Kopioi',
    copied: 'Kopioitu',
    notCopied: 'Valitse osoite ja kopioi se käsin.',
    open: 'Ohje',
    back: 'Takaisin',
    next: 'Seuraava',
    done: 'Valmis',
    close: 'Sulje',
    step: (at, of) => `Vaihe ${at}/${of}`,
    onboarding: {
      title: 'Tervetuloa Matrixiin',
      text: 'Kopioi alla oleva osoite, anna se Matrix-sovelluksellesi kotipalvelimeksi ja kirjaudu peitenimelläsi.',
    },
    guides: {
      messaging: {
        title: 'Aloita viestintä',
        steps: [
          'Asenna puhelimeesi tai tietokoneellesi Matrix-sovellus, esimerkiksi Element.',
          'Valitse kotipalvelimen kohdalla "Muokkaa" ja liitä tämän sivun osoite.',
          'Kirjaudu deploymentin kautta: se tunnistaa sinut varmenteestasi.',
          'Avaa deploymentin avaruus. Sen huoneet yleiseen keskusteluun, apuun ja kaikkeen muuhun ovat jo valmiina.',
        ],
      },
      unit: {
        title: 'Kokoa yksikkösi',
        steps: [
          'Avaa deploymentin avaruus ja valitse huoneen lisääminen.',
          'Nimeä huone yksikkösi mukaan ja pidä se yksityisenä ja salattuna.',
          'Kutsu väkesi peitenimillä.',
          'Vahvistakaa toisenne, jotta tiedätte, kenen laitteet lukevat viestejä.',
        ],
      },
    },
  },
  sv: {
    title: 'Matrix',
    lead: 'Meddelanden, samtal och filer för din enhet, krypterade hela vägen.',
    homeserver: 'Hemserverns adress',
    copy: 'Kopiera',
    copied: 'Kopierad',
    notCopied: 'Markera adressen och kopiera den för hand.',
    open: 'Guide',
    back: 'Tillbaka',
    next: 'Nästa',
    done: 'Klar',
    close: 'Stäng',
    step: (at, of) => `Steg ${at} av ${of}`,
    onboarding: {
      title: 'Välkommen till Matrix',
      text: 'Kopiera adressen nedan, ange den som hemserver i din Matrix-klient och logga in med din anropssignal.',
    },
    guides: {
      messaging: {
        title: 'Börja skicka meddelanden',
        steps: [
          'Installera en Matrix-klient, till exempel Element, på telefonen eller datorn.',
          'Välj "Redigera" vid hemservern och klistra in adressen från den här sidan.',
          'Logga in genom deploymenten: den känner igen dig på ditt certifikat.',
          'Öppna deploymentens utrymme. Rummen för allmänt prat, hjälp och allt annat finns redan där.',
        ],
      },
      unit: {
        title: 'Samla din enhet',
        steps: [
          'Öppna deploymentens utrymme och välj att lägga till ett rum.',
          'Ge rummet enhetens namn och håll det privat och krypterat.',
          'Bjud in ditt folk med deras anropssignaler.',
          'Verifiera varandra, så att ni vet vems enheter som läser med.',
        ],
      },
    },
  },
};

/** The texts for a language tag such as `sv-FI`; English where there are none. */
export function textsFor(language) {
  const [name] = String(language ?? '')
    .toLowerCase()
    .split('-');
  return Object.hasOwn(texts, name) ? texts[name] : texts.en;
}
