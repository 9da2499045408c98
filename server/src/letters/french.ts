import type { Phrases } from './phrases.ts'

export const french: Phrases = {
  greeting: {
    formal: ['Bonjour {salute},', 'Bonjour {full},', 'Bonjour {first},'],
    usual: ['Bonjour {first},', 'Bonjour {full},'],
    informal: ['Bonjour {first},', 'Salut {first},'],
    nameless: ['Bonjour,'],
  },
  shared: {
    mutual: [
      'Nous connaissons tous les deux {shared}, ce qui rend ce message un peu moins froid, je l’espère.',
      '{shared} est un contact que nous avons en commun ; cela m’encourage à [vous |t’]écrire.',
    ],
    former_employer: [
      'Nous sommes tous les deux passés par {shared}, je me permets donc d’aller droit au but.',
      '[Votre|Ton] parcours mentionne {shared}, et le mien aussi.',
    ],
    sender_was_there: [
      'Avant {sender_company}, j’étais chez {shared}, là où [vous travaillez|tu travailles] aujourd’hui.',
      'J’ai moi aussi travaillé chez {shared}.',
    ],
    lead_was_here: [
      '[Vous étiez|Tu étais] auparavant chez {shared}, où je travaille aujourd’hui : les présentations seront courtes.',
    ],
    event: ['{shared} figure sur [votre|ta] liste comme sur la mienne.'],
    school: [
      'D’après nos parcours, nous sommes passés par la même école : {shared}.',
      '{shared} figure dans [votre|ton] parcours et dans le mien ; c’était une bonne raison de commencer par [vous|toi].',
    ],
    city: [
      'Je [vous |t’]écris moi aussi de {shared} : ce message ne vient pas de loin.',
      'Nous travaillons tous les deux à {shared}, autant poser la question directement.',
    ],
    area: [
      '[Vous êtes|Tu es] à {city}, je suis à {sender_city} : assez près pour que je [vous |t’]écrive directement.',
    ],
    region: ['Nous travaillons dans la même région, {shared} : ce message ne vient pas de loin.'],
    country: [
      'Nous sommes tous les deux {country_in}. Ce n’est pas une raison suffisante pour écrire ; en voici une meilleure.',
    ],
    industry: ['[Votre|Ta] société et la mienne sont du même secteur : {shared}.'],
    function: ['Nous avons le même métier, {duty} ; je [vous |t’]épargne donc le discours commercial.'],
    tool: [
      '[Vous utilisez|Tu utilises] {shared} chez {company}, et nous aussi.',
      'Nous travaillons tous les deux avec {shared}.',
    ],
    interest: ['Ce n’est pas l’objet de ce message, mais nous avons apparemment un goût commun : {shared}.'],
    language: [],
  },
  noted: {
    referred: [
      'D’après mes notes, c’est {referrer} qui [vous |t’]a recommandé à nous, et je ne voulais pas en rester là.',
      'Mes notes indiquent une recommandation de {referrer}.',
    ],
    met: [
      'D’après mes notes, nous nous sommes croisés {met}, et j’aimerais reprendre le fil.',
      'Nous nous sommes rencontrés {met}, si mes notes sont justes.',
    ],
    short: ['D’après mes notes, [vous préférez|tu préfères] les messages courts. En voici un.'],
  },
  quoted: ['[Votre|Ton] site le dit en une phrase : « {quote} »', 'Sur [votre|ton] site, on peut lire : « {quote} »'],
  why: {
    fits: [
      '[Vous travaillez|Tu travailles] {duty} chez {company} : pour une question sur {topic}, je pense m’adresser à la bonne personne.',
      'Quand on travaille {duty}, comme [vous|toi] chez {company}, on a souvent un avis sur {topic}. [Le vôtre|Le tien] m’intéresse.',
      'Si je lis bien [votre|ton] fonction chez {company}, [vous travaillez|tu travailles] {duty}, et les questions sur {topic} ne doivent pas être bien loin.',
      '[Vous travaillez|Tu travailles] {duty}, et c’est pour ce métier que notre service est fait.',
    ],
    top: [
      '[Vous avez|Tu as] tout {company} à mener, et mon sujet, {topic}, n’en est qu’une petite partie : je ferai donc court.',
      '[Vous ne vous occupez|Tu ne t’occupes] sans doute pas [vous-même|toi-même] {of_topic}, mais [vous savez|tu sais] si le sujet mérite un coup d’œil chez {company}.',
      'À [votre|ton] niveau, on s’occupe rarement soi-même {of_topic}. [Vous saurez|Tu sauras] en revanche qui le fait.',
    ],
    leads: [
      'À [votre|ton] poste chez {company}, [vous savez|tu sais] mieux que moi si le sujet mérite un coup d’œil.',
      'La question {of_topic} n’est peut-être pas de [votre|ton] ressort, mais [vous saurez|tu sauras] à qui transmettre.',
    ],
    elsewhere: [
      '[Vous travaillez|Tu travailles] {duty} ; quelqu’un d’autre s’occupe donc sans doute {of_topic} chez {company}. Je [vous|te] pose la question parce que [vous saurez|tu sauras] qui.',
      'Il se peut que je frappe à la mauvaise porte : [vous travaillez|tu travailles] {duty}, et mon message porte sur {topic}.',
      'Mon message porte sur {topic}, ce qui n’est sans doute pas [votre|ton] domaine, puisque [vous travaillez|tu travailles] {duty}. Peut-être [saurez-vous|sauras-tu] tout de même à qui m’adresser.',
    ],
    works_in: ['Je [vous |t’]écris parce que [vous travaillez|tu travailles] {duty} chez {company}.'],
    industry: [
      'Le secteur « {industry} » est l’un de ceux pour lesquels nous travaillons, d’où ce message à {company}.',
      '{company} est dans le secteur « {industry} », l’un de ceux pour lesquels nous travaillons.',
    ],
    by_name: [
      'À en juger par son nom, {company} est dans le secteur « {industry} », l’un de ceux pour lesquels nous travaillons.',
      'Si le nom {company} dit bien ce que [vous faites|tu fais], c’est un secteur pour lequel nous travaillons : {industry}.',
    ],
    company: [
      'Je ne sais pas qui s’occupe {of_topic} chez {company}, je commence donc par [vous|toi].',
      'Mon message porte sur {topic}, et je ne peux pas savoir de l’extérieur si c’est un sujet chez {company}.',
      'J’ignore si [vous vous occupez|tu t’occupes] {of_topic} ; je ferai donc court.',
    ],
    stranger: [
      'Sauf erreur, nous n’avons pas encore été en contact, et je n’ai pas d’occasion particulière à invoquer : je ferai donc court.',
      'Sauf erreur, nous n’avons pas encore été en contact : j’irai donc droit au but.',
    ],
  },
  introduction: ['Je travaille chez {sender_company}.', 'Je [vous |t’]écris de la part de {sender_company}.'],
  after_pain: [
    'C’est de cela que nous nous occupons chez {sender_company}.',
    'C’est notre métier chez {sender_company}.',
  ],
  offer: {
    sentence: ['{offer}', 'Chez {sender_company}, {offer_at_company}'],
    help: ['{offer}'],
    noun: [
      'En deux mots, voici ce que nous proposons : {offer}.',
      'Chez {sender_company}, notre métier tient en peu de mots : {offer}.',
    ],
    foreign: ['Avec nos propres mots, en anglais seulement : « {offer} »'],
  },
  question: {
    topic: [
      '[Vous occupez-vous|T’occupes-tu] {of_topic} chez {company} ?',
      'Comment traitez-vous {topic} aujourd’hui, si je peux me permettre ?',
      'Est-ce un sujet pour [vous|toi] en ce moment, ou est-ce réglé ?',
      'Est-ce que cela mérite d’y regarder de plus près, de [votre|ton] point de vue ?',
    ],
    pain: [
      'Est-ce que cela [vous|te] rappelle quelque chose ?',
      'Est-ce aussi le cas chez {company}, ou est-ce réglé ?',
    ],
    blank: [
      'Puis-je [vous|te] poser une courte question sur [votre|ton] travail chez {company} ?',
      'Puis-je [vous |t’]envoyer deux ou trois lignes sur ce que nous faisons ?',
    ],
    elsewhere: [
      '[Pourriez-vous|Pourrais-tu] me dire qui s’occupe {of_topic} chez {company} ?',
      'Qui serait la bonne personne chez {company} ?',
      'À qui devrais-je m’adresser ?',
    ],
    open: [
      'Est-ce un sujet pour [vous|toi] en ce moment ?',
      '[Souhaitez-vous|Veux-tu] que j’en dise plus, ou cela ne [vous|te] concerne-t-il pas ?',
      'Est-ce que cela mérite d’y regarder de plus près, de [votre|ton] point de vue ?',
    ],
    call: [
      'Un appel de {minutes} minutes serait-il possible, au moment qui [vous|te] convient ?',
      '[Auriez-vous|Aurais-tu] {minutes} minutes pour en parler ?',
    ],
    demo: [
      '[Voulez-vous|Veux-tu] voir à quoi cela ressemble ? Quelques minutes suffisent.',
      'Puis-je [vous|te] montrer comment cela fonctionne ?',
    ],
    referral: ['Qui serait la bonne personne chez {company} ?', 'À qui devrais-je m’adresser ?'],
  },
  closing: [
    'Une ligne suffit comme réponse.',
    'Si la réponse est non, cela m’aide aussi.',
    'Si cela ne [vous|te] concerne pas, un mot suffit et je n’insisterai pas.',
    'Rien ne presse ; quand cela [vous|te] conviendra.',
    'Dans tous les cas, merci de [votre|ta] lecture.',
  ],
  link: ['Pour en savoir plus : {link}', 'Les détails sont sur cette page : {link}'],
  subject: {
    topic: [
      '{company} et {topic}',
      '{topic|cap} chez {company}',
      'Une question sur {topic}',
      '{first}, une question sur {topic}',
    ],
    elsewhere: [
      'Qui s’occupe {of_topic} ?',
      '{topic|cap} chez {company} : à qui m’adresser ?',
      'La bonne personne pour {topic} ?',
    ],
    shared: ['{shared}, et une question sur {topic}'],
    open: ['Une question pour {company}', 'Une courte question, {first}', 'Une courte question'],
  },
  again: {
    opening: [
      'Je voudrais ajouter une chose à mon message sur {topic}.',
      'Mon message sur {topic} est peut-être tombé au mauvais moment ; voici juste une idée de plus.',
      'Un court post-scriptum à mon dernier message.',
      'J’avais oublié une chose à propos {of_topic}.',
    ],
    still: [
      'Je [vous |t’]avais posé une question sur {topic}.',
      'Je ne sais pas si mon message sur {topic} est arrivé à la bonne personne.',
      'Mon dernier message est peut-être tombé au mauvais moment.',
    ],
    question: [
      'Est-ce que cela vaut un coup d’œil chez {company} ?',
      'La question est-elle encore ouverte, ou dois-je la poser à quelqu’un d’autre ?',
      'Vaut-il mieux que je m’adresse à quelqu’un d’autre ?',
      'Est-ce que cela vaut une minute de [votre|ton] temps ?',
    ],
    last: [
      'C’est mon dernier message sur {topic}. Si quelqu’un d’autre s’en occupe chez {company}, un nom m’aiderait ; sinon, inutile de répondre.',
      'J’en reste là. Si le sujet se présente un jour chez {company}, [vous savez|tu sais] où me trouver.',
      'J’ai déjà posé la question et je ne veux pas insister : c’est la dernière fois. Un simple non suffit.',
      'C’est mon dernier message. Si ce n’est pas le bon moment, inutile de répondre.',
      'J’en reste là. Merci de [votre|ta] lecture.',
      'Je n’écrirai plus à propos {of_topic}. Bonne continuation.',
    ],
    subject: ['Une chose de plus sur {topic}', 'Un post-scriptum', 'Ce que j’avais oublié'],
    last_subject: ['Dernier message sur {topic}', 'J’en reste là', 'Mon dernier message'],
  },
  duty: {
    finance: 'dans la finance',
    procurement: 'aux achats',
    sales: 'dans la vente',
    marketing: 'au marketing',
    it: 'dans l’informatique',
    engineering: 'dans la technique',
    operations: 'aux opérations',
    logistics: 'dans la logistique',
    people: 'aux ressources humaines',
    product: 'côté produit',
    legal: 'au juridique',
    support: 'au service client',
    projects: 'dans la gestion de projet',
    data: 'dans les données',
    communication: 'dans la communication',
  },
  words: {
    software: 'logiciel',
    logistics: 'logistique',
    food: 'agroalimentaire',
    'health care': 'santé',
    packaging: 'emballage',
    textiles: 'textile',
    'financial services': 'services financiers',
    construction: 'construction',
    energy: 'énergie',
    retail: 'commerce',
    manufacturing: 'industrie',
    travel: 'voyage',
    sailing: 'la voile',
    voile: 'la voile',
    hiking: 'la randonnée',
    randonnée: 'la randonnée',
    cycling: 'le vélo',
    running: 'la course à pied',
    climbing: 'l’escalade',
    skiing: 'le ski',
    photography: 'la photographie',
    chess: 'les échecs',
    gardening: 'le jardinage',
    tennis: 'le tennis',
    football: 'le football',
    golf: 'le golf',
    jazz: 'le jazz',
  },
  // `de les` is `des` and `de le` is `du`; a topic without article takes a bare `de`.
  cases: (topic) => ({
    of_topic: /^les /i.test(topic)
      ? `des ${topic.slice(4)}`
      : /^le /i.test(topic)
        ? `du ${topic.slice(3)}`
        : /^[aeiouyhéèêàâîôû]/i.test(topic) && !/^h/i.test(topic)
          ? `d’${topic}`
          : `de ${topic}`,
  }),
  at_company: (offer) => (/^Nous /.test(offer) ? `nous ${offer.slice(5)}` : undefined),
}
