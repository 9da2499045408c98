import { headerValue, type ParsedMessage } from './parse-message.ts'
import { splitReply } from './reply-text.ts'

export interface UnsubscribeReading {
  is_request: boolean
  /** The person speaks of opting out, whether or not the message is nothing but that. A person should read it. */
  mentions_opt_out: boolean
  because: string
}

/** The whole of a short answer that asks for nothing but an end of the mail, punctuation and courtesies removed. */
const WHOLE_REQUESTS: readonly RegExp[] = [
  /^(?:please )?(?:unsubscribe|unsubscribe me|unsub|opt ?out|opt me out|remove|remove me|stop|stop it|stop all|stop (?:e-?mailing|mailing|writing|contacting|messaging|spamming|sending)(?: to)? ?(?:me|us)?(?: (?:these |any ?more )?(?:e-?mails?|mails?|messages?|spam))?|no more (?:e-?mails?|mails?|messages?)|delete me|cancel(?: (?:my )?subscription)?|take me off|end|quit)(?: (?:from|of|off) (?:your|this|the|all|any)(?: \p{L}+){0,4} ?(?:lists?|e-?mails?|mails?|mailings?|database|crm|sequence|newsletter)?)?(?: (?:now|immediately|asap|at once|right now))?$/u,
  /^(?:please )?(?:do not|don't|dont|never) (?:contact|e-?mail|write|mail|message|send|spam)(?: to)? ?(?:me|us)?(?: (?:again|any ?more|any longer|any more e-?mails?|anything|e-?mails?))*$/u,
  /^(?:please )?(?:take|remove|delete|drop) (?:me|us|my (?:e-?mail|e-?mail address|address|name|data|contact))(?: (?:from|off)(?: of)? (?:your|this|the|all|any|future)(?: \p{L}+){0,4})?(?: (?:now|immediately|asap))?$/u,
  /^(?:i (?:want|would like|wish|d like|'d like) to (?:unsubscribe|opt out|be removed)|(?:kindly )?remove me|kindly unsubscribe(?: me)?)(?: from (?:your|this|the)(?: \p{L}+){0,4})?$/u,
  /^(?:bitte )?(?:abmelden|abmeldung|abbestellen|austragen|stopp?|löschen|keine (?:weiteren |mehr )?(?:e-?mails?|mails?|nachrichten|werbung)(?: mehr)?(?: schicken| senden)?|(?:melden sie mich|mich|newsletter|meine (?:e-?mail-?)?adresse)(?: bitte)?(?: (?:ab|abmelden|austragen|löschen|entfernen|abbestellen|streichen))?(?: (?:aus|von) (?:ihrem|ihrer|dem|der|diesem|dieser)(?: \p{L}+){0,2}(?: (?:löschen|entfernen|austragen|streichen|abmelden))?)?|(?:nehmen|streichen|löschen|entfernen) sie mich(?: bitte)? (?:aus|von) (?:ihrem|ihrer|dem|der)(?: \p{L}+){1,3}|schreiben sie mir nicht mehr|kontaktieren sie mich nicht mehr)$/u,
  /^(?:(?:s'il vous plaît|svp|merci de|veuillez|bonjour) )?(?:me )?(?:désabonner|désabonnement|désinscrire|désinscription|désinscrivez-moi|désabonnez-moi|désinscrivez moi|désabonnez moi|me désabonner|me désinscrire|stop|stop pub|retirez-moi|retirez moi|supprimez-moi|supprimez moi|supprimer|retirer|ne (?:me contactez|m'écrivez|m'envoyez) plus(?: (?:de|d')\s?\p{L}+)?|ne plus (?:me contacter|m'écrire|recevoir.{0,30}))(?: (?:de|à|des) (?:votre|vos|cette|la)(?: \p{L}+){0,3})?(?: (?:svp|merci))?$/u,
  /^(?:por favor )?(?:darme de baja|dar de baja|baja|dame de baja|denme de baja|deme de baja|dese de baja|cancelar (?:la )?suscripción|desuscribir(?:me)?|desuscripción|quitar(?:me)?|quíten?me|elimín[ea](?:n)?me|eliminar|bórrenme|parar|alto|no (?:me )?(?:escriban|envíen|manden|contacten)(?: más| nada más)?(?: \p{L}+){0,2}|no más (?:correos|emails|mensajes))(?: (?:de|en) (?:su|esta|la)(?: \p{L}+){0,3})?$/u,
  /^(?:per favore |vi prego di |si prega di )?(?:cancellami|cancellatemi|cancellarmi|cancellazione|cancellare|disiscrivimi|disiscrivetemi|disiscrizione|disiscrivere|annulla iscrizione|annullare l'iscrizione|rimuovimi|rimuovetemi|rimuovere|toglietemi|basta|stop|non (?:scrivetemi|contattatemi|inviatemi|mandatemi)(?: più)?(?: \p{L}+){0,2})(?: (?:da|dalla|dal) (?:vostra|vostro|questa|lista)(?: \p{L}+){0,3})?$/u,
  /^(?:por favor )?(?:cancelar (?:a )?(?:inscrição|subscrição|assinatura)|descadastrar|descadastre-me|descadastrem-me|descadastramento|remover|remova-me|removam-me|remova meu e-?mail|retirem-me|retire-me|parar|pare|sair|não (?:quero|desejo) (?:mais )?receber(?: \p{L}+){0,3}|não me (?:escrevam|enviem|contatem|contactem)(?: mais)?)(?: (?:da|de|desta) (?:sua|vossa|lista)?(?: \p{L}+){0,3})?$/u,
  /^(?:graag |gelieve |alstublieft )?(?:me |mij )?(?:uitschrijven|afmelden|uitschrijving|afmelding|schrijf me uit|schrijf mij uit|meld me af|meld mij af|verwijder me|verwijder mij|verwijderen|stop|stoppen|geen (?:e-?)?mails? meer(?: sturen)?|niet meer mailen)(?: (?:van|uit|voor) (?:uw|jullie|deze|de)(?: \p{L}+){0,3})?(?: (?:aub|alstublieft|graag))?$/u,
  /^(?:vänligen |snälla )?(?:avregistrera|avregistrera mig|avsluta|avanmäl|avanmäl mig|avprenumerera|ta bort mig|stopp?|sluta (?:maila|skicka|kontakta|mejla)(?: mig)?|inga fler (?:mail|mejl))(?: från (?:er|din|denna|listan)(?: \p{L}+){0,3})?$/u,
  /^(?:venligst |vennligst )?(?:afmeld|afmeld mig|afmelding|frameld|frameld mig|meld meg av|meld mig fra|avmeld|avmeld meg|avmelding|slet mig|slett meg|fjern mig|fjern meg|stopp?|ikke (?:skriv|send|kontakt)(?: flere| mere| mer)?(?: \p{L}+){0,3}|ingen flere (?:mails|e-poster|mail))(?: fra (?:jeres|din|denne|deres|listen|listen deres)(?: \p{L}+){0,3})?$/u,
  /^(?:pyydän |olkaa hyvä ja )?(?:peruuta|peruuta tilaus|peru tilaus|poista|poista minut|poistakaa minut|poistakaa|lopeta|lopettakaa|älkää (?:lähettäkö|ottako)(?: \p{L}+){0,3})(?: (?:listalta|postituslistalta|listaltanne|postituslistaltanne))?$/u,
  /^(?:proszę (?:o )?)?(?:wypisz|wypisz mnie|wypisać mnie|wypisać|wypisanie|wypisz się|rezygnuję|rezygnacja|usuń|usuń mnie|usunąć mnie|usunięcie|stop|przestań(?:cie)? (?:pisać|wysyłać)|nie (?:piszcie|wysyłajcie|wysyłać|kontaktować)(?: \p{L}+){0,3})(?: z (?:listy|waszej|tej|bazy)(?: \p{L}+){0,3})?$/u,
  /^(?:prosím )?(?:odhlásit|odhlaste mě|odhlásit odběr|odhlášení|odhlásit se|vyřaďte mě|vymažte mě|smažte mě|smazat|stop|nepište mi|už mi nepište|neposílejte mi(?: \p{L}+){0,3}|odhlásiť)(?: (?:z|ze) (?:vašeho|seznamu|databáze)(?: \p{L}+){0,2})?$/u,
  /^(?:lütfen )?(?:abonelikten çık|abonelikten çıkar|abonelikten çıkarın|listeden çık|listeden çıkar|listeden çıkarın|beni (?:listeden |listenizden )?(?:çıkar|çıkarın|çıkartın|silin)|iptal|dur|ret|istemiyorum|mail atmayın|bana yazmayın|mail göndermeyin)(?: lütfen)?$/u,
  /^(?:пожалуйста )?(?:отписаться|отпишите меня|отпишите|отписка|отписать|удалите меня|удалите|стоп|хватит|не пишите мне(?: больше)?|больше не пишите(?: мне)?|уберите меня|исключите меня|прекратите (?:рассылку|писать)|не присылайте (?:мне )?(?:больше )?(?:письма|писем|рассылку)?)(?: из (?:вашей |этой )?(?:рассылки|базы|списка))?$/u,
  /^(?:(?:メール)?配信(?:を)?停止(?:希望|してください|をお願いします|をお願いいたします|お願いします)?|配信解除(?:希望)?|登録解除(?:してください|をお願いします)?|解除|停止|退会|購読(?:を)?解除(?:してください)?|配信不要(?:です)?|送らないでください|メールを送らないでください|今後(?:の)?(?:ご連絡|メール|配信)は?不要です)$/u,
  /^(?:请)?(?:退订|取消订阅|取消訂閱|取消关注|退訂|停止发送|停止發送|不要再(?:发|發)(?:邮件|郵件)?(?:了|给我了|給我了)?|不要再联系我|別再寄了|请勿再发|把我(?:从.{0,8})?(?:移除|删除)|将我.{0,12}(?:移除|删除)|拒收|td|t)$/u,
  /^(?:수신 ?거부|구독 ?취소|구독 ?해지|수신 ?거부(?:합니다|요청|해 ?주세요|부탁드립니다)|그만|삭제해 ?주세요|메일 ?(?:그만 ?)?보내지 ?마세요|더 ?이상 ?보내지 ?마세요)$/u,
]

const MENTIONS =
  /\bunsubscrib|\bopt(?:ing)?[- ]?(?:me )?out\b|\bremove (?:me|us|my)\b|\btake (?:me|us) off\b|\bstop (?:e-?mailing|mailing|contacting|writing|sending|messaging|spamming)|\b(?:do not|don't|dont|never) (?:contact|e-?mail|write to|mail|message) (?:me|us)\b|\bno more e-?mails\b|abmeld|abbestell|austragen|(?:lösch|entfern|streich|nehm)\p{L}* sie mich|keine (?:weiteren |mehr )?(?:e-?mails?|mails?|nachrichten)|aus (?:ihrem|dem|ihrer) verteiler|nicht mehr (?:kontaktieren|anschreiben)|désabonn|désinscri|(?:retirez|supprimez)[- ]moi|ne (?:me contactez|m'écrivez) plus|(?:darme|dar|deme|dame|denme) de baja|desuscri|cancelar (?:la |a )?(?:suscripción|inscrição|subscrição)|(?:quíten?me|elimínenme|elimíneme)|disiscri|cancella(?:temi|rmi|mi)|rimuov(?:etemi|imi)|non (?:scrivetemi|contattatemi) più|descadastr|remov(?:a|am)-me|não (?:quero|desejo) (?:mais )?receber|uitschrijv|afmelden|schrijf (?:me|mij) uit|avregistrer|avprenumerer|ta bort mig|afmeld|frameld|meld (?:meg av|mig fra)|(?:fjern|slet|slett) (?:mig|meg)|poist(?:a|akaa) minut|wypisa|wypisz|usuń(?:cie)? mnie|odhlás|vyřaďte|abonelikten çık|listeden çık|отпис|отпишите|не пишите мне|больше не пишите|уберите меня|配信停止|配信解除|登録解除|退订|退訂|取消订阅|取消訂閱|수신 ?거부|구독 ?취소/iu

const COURTESY =
  /^(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|day)|hallo|guten tag|sehr geehrte\p{L}*|bonjour|bonsoir|hola|buenos días|buenas(?: tardes)?|ciao|buongiorno|salve|olá|bom dia|beste|hej|hei|moi|cześć|dzień dobry|dobrý den|merhaba|здравствуйте|добрый день)(?: (?:there|all|team|\p{Lu}\p{L}+|damen und herren|herr \p{L}+|frau \p{L}+))*|thanks?(?: you)?(?: (?:so much|very much|in advance|again))?|many thanks|thx|ty|cheers|regards|(?:best|kind|warm) regards|best|danke(?: schön)?|vielen dank|mfg|mit freundlichen grüßen|(?:viele|beste|freundliche) grüße|lg|merci(?: (?:d'avance|beaucoup))?|cordialement|bien cordialement|gracias|saludos|un saludo|grazie(?: mille)?|cordiali saluti|saluti|obrigad[oa]|atenciosamente|cumprimentos|bedankt|dank u|groeten|met vriendelijke groet|tack|mvh|hälsningar|tak|takk|vh|kiitos|terveisin|dziękuję|pozdrawiam|děkuji|s pozdravem|teşekkürler|спасибо|с уважением|よろしくお願いします|よろしくお願いいたします|谢谢|谢谢！|감사합니다|please|pls|sorry|no thanks?(?: you)?|not interested|kein interesse|nein danke|non merci|pas intéressée?|no gracias|no me interesa|no grazie|não obrigado|geen interesse)$/iu

function normalise(line: string): string {
  return line
    .normalize('NFC')
    .toLowerCase()
    .replace(/[‘’´`]/g, "'")
    .replace(/[!.,;:?…"“”„«»()[\]*_。！？、，：；]+|\p{Extended_Pictographic}\u{fe0f}?/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function isWholeRequest(phrase: string): boolean {
  const bare = phrase
    .replace(/^(?:please|pls|plz|kindly|bitte|svp) /u, '')
    .replace(
      / (?:please|pls|plz|thanks|thank you|thx|bitte|danke|merci|por favor|gracias|per favore|grazie|obrigado|svp|aub|tack|kiitos|dziękuję|děkuji|спасибо)$/u,
      '',
    )
  return WHOLE_REQUESTS.some((pattern) => pattern.test(phrase) || pattern.test(bare))
}

/** Whether a short new text asks for an end of the mail and for nothing else. Courtesies and a name below do not count. */
function asksOnlyThat(text: string): boolean {
  if (text.length > 400) return false
  const sentences = text
    .split(/\n+|(?<=[.!?。！？])\s*/u)
    .map((line) => line.replace(/^[>\s]+/, ''))
    .filter((line) => normalise(line) !== '')
  if (sentences.length === 0 || sentences.length > 8) return false
  let asked = false
  let words = 0
  for (const [at, sentence] of sentences.entries()) {
    const phrase = normalise(sentence)
    if (isWholeRequest(phrase) || phrase.split(/ - | – /).some(isWholeRequest)) {
      asked = true
      continue
    }
    if (COURTESY.test(phrase) || COURTESY.test(sentence.replace(/[!.,;:]+\s*$/, '').trim())) continue
    // "Not interested, please remove me" is one sentence of two such parts.
    const parts = sentence
      .split(/[,;–—-]|\b(?:and|und|et|y|e|en|och|og|i|a|и)\b/iu)
      .map(normalise)
      .filter((part) => part !== '')
    if (parts.length > 1 && parts.every((part) => isWholeRequest(part) || COURTESY.test(part))) {
      asked ||= parts.some(isWholeRequest)
      continue
    }
    // Whoever asks may sign: a name of a few words in the last lines.
    if (asked && at > 0 && /^(?:\p{Lu}[\p{L}.'’-]*\s?){1,4}$/u.test(sentence.trim())) continue
    words += phrase.split(' ').length
    if (words > 0) return false
  }
  return asked
}

/**
 * Whether a message asks to be left alone. Mail to the unsubscribe address always does, whatever it says, unless a
 * machine answered it (RFC 3834). Otherwise the newly written text must be short and ask for nothing else, in any of
 * about twenty languages; a longer text that mentions it stays a reply with `mentions_opt_out`, since "please don't
 * remove me" and "stop by any time" exist.
 */
export function readUnsubscribe(
  message: ParsedMessage,
  options: { to_unsubscribe_address: boolean },
): UnsubscribeReading {
  const { reply } = splitReply(message.text, message.html)
  const subject = message.subject.trim()
  const isReply = /^\s*(?:re|aw|sv|vs|rv|rif|ref|odp|ynt|antw|fwd?|wg|tr)\s*(?:\[\d+\])?\s*[:：]/iu.test(subject)
  const mentions = MENTIONS.test(reply) || (!isReply && MENTIONS.test(subject))
  if (options.to_unsubscribe_address) {
    const answered = /^\s*auto-replied/i.test(headerValue(message, 'auto-submitted') ?? '')
    if (!answered) return { is_request: true, mentions_opt_out: true, because: 'sent to the unsubscribe address' }
    return { is_request: false, mentions_opt_out: mentions, because: 'a machine answered from the unsubscribe address' }
  }
  if (asksOnlyThat(reply))
    return { is_request: true, mentions_opt_out: true, because: 'the new text asks for nothing else' }
  if (!isReply && isWholeRequest(normalise(subject)) && (reply.trim() === '' || asksOnlyThat(reply))) {
    return { is_request: true, mentions_opt_out: true, because: 'the subject asks for nothing else' }
  }
  return {
    is_request: false,
    mentions_opt_out: mentions,
    because: mentions ? 'it is mentioned among other things' : 'nothing asks for it',
  }
}

/** Short form of {@link readUnsubscribe}: whether the message is an unsubscribe request. */
export function isUnsubscribeRequest(message: ParsedMessage, options: { to_unsubscribe_address: boolean }): boolean {
  return readUnsubscribe(message, options).is_request
}
