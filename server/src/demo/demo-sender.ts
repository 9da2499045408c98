/** Who writes in the demo, as a sender profile holds it: free-form, with what is said in each of the demo's languages. */
export const demoSender = {
  full_name: 'Mara Jensen',
  role: 'Co-founder',
  company: 'Larkfield',
  city: 'Copenhagen',
  country: 'Denmark',
  employees: '11-50',
  school: 'Copenhagen Business School',
  languages: 'Danish, English, German, French, Spanish',
  target_roles: 'finance, procurement, operations, logistics',
  target_industries: 'logistics, packaging, food, textiles, energy',
  topic: 'supplier invoices',
  topic_de: 'Lieferantenrechnungen',
  topic_fr: 'les factures fournisseurs',
  topic_es: 'las facturas de proveedores',
  problem: [
    'Most late invoices come to light when the supplier calls.',
    'When an invoice does not fit its order, somebody ends up searching three mailboxes for the reason.',
    'The invoices that take time are not the right ones but the few that are almost right.',
  ],
  problem_de: [
    'Dass eine Rechnung liegen geblieben ist, erfährt man meist erst, wenn der Lieferant anruft.',
    'Passt eine Rechnung nicht zur Bestellung, durchsucht am Ende jemand drei Postfächer nach dem Grund.',
    'Zeit kosten nicht die richtigen Rechnungen, sondern die wenigen, die fast richtig sind.',
  ],
  problem_fr: [
    'Le plus souvent, c’est l’appel du fournisseur qui fait découvrir une facture en retard.',
    'Quand une facture ne correspond pas à sa commande, quelqu’un finit par fouiller trois messageries.',
    'Ce ne sont pas les factures justes qui prennent du temps, mais les quelques-unes qui le sont presque.',
  ],
  problem_es: [
    'Casi siempre es la llamada del proveedor la que descubre una factura atrasada.',
    'Cuando una factura no coincide con su pedido, alguien acaba buscando el motivo en tres buzones.',
    'Las facturas que llevan tiempo no son las correctas, sino las pocas que casi lo son.',
  ],
  offer: [
    'We match supplier invoices to orders and deliveries as they come in, and only ask a person about the ones that do not fit.',
    'We check every supplier invoice against its order and delivery note on arrival, so that people only see the ones with a problem.',
  ],
  offer_de: [
    'Wir gleichen Lieferantenrechnungen beim Eingang mit Bestellung und Lieferung ab und fragen nur bei denen nach, die nicht passen.',
    'Wir prüfen jede Rechnung beim Eingang gegen Bestellung und Lieferschein, und nur die mit einer Abweichung landen bei einem Menschen.',
  ],
  offer_fr: [
    'Nous rapprochons les factures fournisseurs des commandes et des livraisons dès leur arrivée, et ne sollicitons une personne que pour celles qui ne concordent pas.',
    'Nous vérifions chaque facture à son arrivée, commande et bon de livraison à l’appui, et vous ne voyez que celles qui posent un problème.',
  ],
  offer_es: [
    'Cotejamos las facturas de proveedores con pedidos y entregas en cuanto llegan, y solo preguntamos a una persona por las que no cuadran.',
    'Comprobamos cada factura al llegar con su pedido y su albarán, y solo ve usted las que tienen un problema.',
  ],
  proof: [
    'With our customers about one invoice in twelve does not match its order; the other eleven go through by themselves.',
    'Setting it up takes a day and needs nothing but an export of one month.',
    'Nothing changes in the accounting system; it gets the same bookings as before, only sooner.',
  ],
  proof_de: [
    'Bei unseren Kunden passt etwa jede zwölfte Rechnung nicht zur Bestellung; die anderen elf laufen von allein durch.',
    'Die Einrichtung dauert einen Tag und braucht nur den Export eines Monats.',
    'In der Buchhaltung ändert sich nichts: Sie bekommt dieselben Buchungen wie bisher, nur früher.',
  ],
  proof_fr: [
    'Chez nos clients, environ une facture sur douze ne correspond pas à sa commande ; les onze autres passent toutes seules.',
    'La mise en place prend une journée et ne demande que l’export d’un mois.',
    'Rien ne change dans la comptabilité : elle reçoit les mêmes écritures qu’avant, seulement plus tôt.',
  ],
  proof_es: [
    'Entre nuestros clientes, una de cada doce facturas no coincide con su pedido; las otras once pasan solas.',
    'La puesta en marcha lleva un día y solo requiere la exportación de un mes.',
    'En la contabilidad no cambia nada: recibe los mismos asientos que antes, solo que más pronto.',
  ],
  call_to_action: [
    'Shall I run one month of your invoices through it and send you what it finds?',
    'Would a list of the invoices that did not fit last month be of any use to you?',
  ],
  call_to_action_de: [
    'Soll ich einen Monat Ihrer Rechnungen damit prüfen und Ihnen das Ergebnis schicken?',
    'Würde Ihnen eine Liste der Rechnungen helfen, die im letzten Monat nicht gepasst haben?',
  ],
  call_to_action_fr: [
    'Voulez-vous que je passe un mois de vos factures et vous envoie le résultat ?',
    'Une liste des factures du mois dernier qui ne concordaient pas vous serait-elle utile ?',
  ],
  call_to_action_es: [
    '¿Quiere que revise un mes de sus facturas y le envíe el resultado?',
    '¿Le serviría una lista de las facturas que no cuadraron el mes pasado?',
  ],
}
