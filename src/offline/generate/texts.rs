//! What the customers of the synthetic company say, in three languages, with the sentiment a scorer would give.
//!
//! Nothing here needs escaping in JSON; a test holds it to that.

use crate::model::event::Category;

use super::random::Random;

/// A language in which customers of the synthetic company write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Spanish of Mexico.
    Spanish,
    /// Filipino.
    Filipino,
    /// English of the United States.
    English,
}

impl Language {
    /// BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Spanish => "es-MX",
            Language::Filipino => "fil-PH",
            Language::English => "en-US",
        }
    }

    /// IANA name of the zone where customers of this language live.
    pub fn timezone(self) -> &'static str {
        match self {
            Language::Spanish => "America/Mexico_City",
            Language::Filipino => "Asia/Manila",
            Language::English => "America/Chicago",
        }
    }

    fn of(self, texts: &'static Texts) -> &'static [&'static str] {
        match self {
            Language::Spanish => texts.es,
            Language::Filipino => texts.fil,
            Language::English => texts.en,
        }
    }
}

/// The same things said in each language.
struct Texts {
    es: &'static [&'static str],
    fil: &'static [&'static str],
    en: &'static [&'static str],
}

/// Something said: two sentences and a sentiment in hundredths, -100..=100.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// How it begins.
    pub first: &'static str,
    /// How it goes on.
    pub second: &'static str,
    /// Hundredths.
    pub sentiment: i64,
}

/// What a complaint of `category` says.
pub fn complaint(random: &mut Random, language: Language, category: Category) -> Said {
    let what = match category {
        Category::CoreFailure => &CORE_FAILURE,
        Category::EncounterFailure => &ENCOUNTER_FAILURE,
        Category::Price => &PRICE,
        Category::ResponseFailure => &RESPONSE_FAILURE,
        _ => &INCONVENIENCE,
    };
    Said {
        first: random.pick(language.of(what)),
        second: random.pick(language.of(&IMPATIENCE)),
        sentiment: -random.between(35, 95),
    }
}

/// A customer's question.
pub fn question(random: &mut Random, language: Language) -> Said {
    Said {
        first: random.pick(language.of(&GREETING)),
        second: random.pick(language.of(&QUESTION)),
        sentiment: random.between(-20, 35),
    }
}

/// The company's answer.
pub fn answer(random: &mut Random, language: Language) -> Said {
    Said { first: random.pick(language.of(&ANSWER)), second: random.pick(language.of(&OFFER)), sentiment: 20 }
}

/// Words of thanks.
pub fn praise(random: &mut Random, language: Language) -> Said {
    Said {
        first: random.pick(language.of(&PRAISE)),
        second: random.pick(language.of(&PRAISE_WHY)),
        sentiment: random.between(40, 95),
    }
}

/// A promise to the customer.
pub fn promise(random: &mut Random, language: Language) -> &'static str {
    random.pick(language.of(&PROMISE))
}

/// Why a customer wants to leave.
pub fn farewell(random: &mut Random, language: Language) -> &'static str {
    random.pick(language.of(&FAREWELL))
}

const CORE_FAILURE: Texts = Texts {
    es: &[
        "El aparato que me mandaron no enciende desde el primer día.",
        "Otra vez se cayó el servicio y no pude trabajar en toda la tarde.",
        "Me cobraron dos veces el mismo pedido y nadie me lo explica.",
        "La pieza llegó rota y la caja venía abierta.",
    ],
    fil: &[
        "Hindi gumagana ang ipinadala ninyo mula pa noong unang araw.",
        "Nawalan na naman ng serbisyo at hindi ako nakapagtrabaho buong hapon.",
        "Dalawang beses akong siningil para sa iisang order.",
        "Sira ang piyesa nang dumating at bukas na ang kahon.",
    ],
    en: &[
        "The unit you sent has not switched on since the day it arrived.",
        "The service went down again and I lost a whole afternoon of work.",
        "I was charged twice for the same order and nobody can tell me why.",
        "The part arrived broken and the box had been opened.",
    ],
};
const ENCOUNTER_FAILURE: Texts = Texts {
    es: &[
        "La persona que me atendió fue grosera y me dejó hablando sola.",
        "En la tienda me trataron como si les estuviera pidiendo un favor.",
        "Su agente me contestó de mala gana y me colgó.",
    ],
    fil: &[
        "Masungit ang nakausap ko at iniwan akong nagsasalita mag-isa.",
        "Sa tindahan, itinuring akong parang nanghihingi ng pabor.",
        "Pabalang sumagot ang ahente ninyo at binabaan ako ng telepono.",
    ],
    en: &[
        "The person I spoke to was rude and walked away while I was talking.",
        "In the store I was treated as if I were asking for a favour.",
        "Your agent was short with me and hung up.",
    ],
};
const PRICE: Texts = Texts {
    es: &[
        "Me subieron el precio sin avisar y a los nuevos les cobran menos.",
        "El cargo de este mes no es el que me ofrecieron al contratar.",
        "Pago más que hace un año por exactamente lo mismo.",
    ],
    fil: &[
        "Tumaas ang singil nang walang pasabi at mas mura pa sa mga bago.",
        "Hindi ito ang halagang ipinangako noong nag-apply ako.",
        "Mas mahal na ang bayad ko kaysa noong isang taon, pareho pa rin ang serbisyo.",
    ],
    en: &[
        "My price went up without a word and new customers pay less.",
        "This month's charge is not what I was offered when I signed up.",
        "I pay more than a year ago for exactly the same thing.",
    ],
};
const RESPONSE_FAILURE: Texts = Texts {
    es: &[
        "Llevo tres correos y nadie me ha contestado ni uno.",
        "Me dijeron que me llamaban y sigo esperando la llamada.",
        "Cada vez que llamo tengo que contar todo desde el principio.",
    ],
    fil: &[
        "Tatlong email na ang ipinadala ko at wala pa ring sumasagot.",
        "Sinabi ninyong tatawag kayo, hanggang ngayon naghihintay pa rin ako.",
        "Tuwing tatawag ako, kailangan kong ulitin ang buong kuwento.",
    ],
    en: &[
        "I have written three times and not one message was answered.",
        "I was told that somebody would call and I am still waiting.",
        "Each time I call I have to tell the whole story from the start.",
    ],
};
const INCONVENIENCE: Texts = Texts {
    es: &[
        "Esperé cuarenta minutos en la sucursal para un trámite de cinco.",
        "La cita me la cambiaron dos veces el mismo día.",
        "No hay manera de hacer el cambio en la aplicación, todo hay que llamarlo.",
    ],
    fil: &[
        "Apatnapung minuto akong naghintay sa sangay para sa limang minutong gawain.",
        "Dalawang beses ninyong inilipat ang iskedyul ko sa iisang araw.",
        "Hindi magawa sa app ang pagbabago, kailangan pang tumawag sa lahat ng bagay.",
    ],
    en: &[
        "I waited forty minutes at the branch for something that takes five.",
        "You moved my appointment twice on the same day.",
        "The app cannot make the change, everything needs a phone call.",
    ],
};
const IMPATIENCE: Texts = Texts {
    es: &[
        "Quiero una solución esta semana.",
        "No es la primera vez que pasa.",
        "Espero que alguien me llame hoy.",
        "Así no se trata a un cliente de años.",
    ],
    fil: &[
        "Sana maayos ito ngayong linggo.",
        "Hindi ito ang unang beses na nangyari.",
        "Inaasahan kong may tatawag sa akin ngayon.",
        "Hindi ganito dapat tratuhin ang matagal nang kostumer.",
    ],
    en: &[
        "I want this solved this week.",
        "It is not the first time.",
        "I expect a call from somebody today.",
        "This is no way to treat a customer of many years.",
    ],
};
const GREETING: Texts = Texts {
    es: &["Buenos días, una pregunta.", "Hola, disculpe la molestia.", "Buenas tardes."],
    fil: &["Magandang umaga po, may tanong ako.", "Pasensya na sa abala.", "Magandang hapon po."],
    en: &["Good morning, a question.", "Hello, sorry to bother you.", "Good afternoon."],
};
const QUESTION: Texts = Texts {
    es: &[
        "Cuándo llega mi pedido y puedo cambiar la dirección de entrega?",
        "Cómo descargo la factura del mes pasado desde la aplicación?",
        "Se puede agregar otra línea a mi plan sin cambiar de contrato?",
    ],
    fil: &[
        "Kailan darating ang order ko at puwede bang palitan ang address?",
        "Paano ko mada-download ang resibo noong nakaraang buwan sa app?",
        "Puwede bang magdagdag ng isa pang linya nang hindi nagpapalit ng kontrata?",
    ],
    en: &[
        "When will my order arrive and can I still change the address?",
        "How do I download last month's invoice in the app?",
        "Can I add another line without changing my contract?",
    ],
};
const ANSWER: Texts = Texts {
    es: &["Gracias por escribirnos, ya lo revisamos.", "Con gusto, quedó hecho el cambio."],
    fil: &["Salamat sa pagsulat, natingnan na namin.", "Opo, nagawa na po ang pagbabago."],
    en: &["Thank you for writing, we have looked into it.", "Of course, the change is made."],
};
const OFFER: Texts = Texts {
    es: &["Cualquier otra cosa, aquí estamos.", "Le llegará la confirmación por correo en unos minutos."],
    fil: &["Narito lang kami kung may iba pa kayong kailangan.", "Darating ang kumpirmasyon sa email sa ilang minuto."],
    en: &["If there is anything else, we are here.", "The confirmation will reach you by mail in some minutes."],
};
const PRAISE: Texts = Texts {
    es: &["Muy buena atención, quedé contenta.", "Todo llegó a tiempo y bien empacado."],
    fil: &["Napakahusay ng serbisyo, natuwa ako.", "Dumating sa oras at maayos ang pagkakabalot."],
    en: &["Very good service, I was pleased.", "Everything arrived on time and well packed."],
};
const PRAISE_WHY: Texts = Texts {
    es: &["La señorita me explicó con paciencia.", "Los voy a recomendar con mi familia."],
    fil: &["Matiyagang nagpaliwanag ang nakausap ko.", "Irerekomenda ko kayo sa pamilya ko."],
    en: &["The lady explained everything with patience.", "I will recommend you to my family."],
};
const PROMISE: Texts = Texts {
    es: &[
        "Le llamo mañana con la respuesta.",
        "El técnico va antes de esa hora.",
        "Le devolvemos el cargo a su tarjeta.",
    ],
    fil: &[
        "Tatawagan ko kayo bukas na may sagot.",
        "Darating ang technician bago ang oras na iyon.",
        "Ibabalik namin ang singil sa card ninyo.",
    ],
    en: &[
        "I will call you with the answer.",
        "The engineer will be there by then.",
        "We will return the charge to your card.",
    ],
};
const FAREWELL: Texts = Texts {
    es: &["Encontré otra opción que sí me responde.", "Ya no quiero seguir pagando por problemas."],
    fil: &["May nahanap na akong iba na sumasagot.", "Ayoko nang magbayad para sa problema."],
    en: &["I found somebody else who does answer.", "I no longer want to pay for problems."],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_can_stand_in_json_as_it_is() {
        for texts in [
            &CORE_FAILURE,
            &ENCOUNTER_FAILURE,
            &PRICE,
            &RESPONSE_FAILURE,
            &INCONVENIENCE,
            &IMPATIENCE,
            &GREETING,
            &QUESTION,
            &ANSWER,
            &OFFER,
            &PRAISE,
            &PRAISE_WHY,
            &PROMISE,
            &FAREWELL,
        ] {
            for text in texts.es.iter().chain(texts.fil).chain(texts.en) {
                assert_eq!(serde_json::to_string(text).unwrap(), format!("\"{text}\""));
            }
        }
    }

    #[test]
    fn complaints_sound_worse_than_praise() {
        let mut random = Random::new(1);
        for language in [Language::Spanish, Language::Filipino, Language::English] {
            for &category in Category::ALL {
                assert!(complaint(&mut random, language, category).sentiment < -30);
            }
            assert!(praise(&mut random, language).sentiment > 30);
        }
    }
}
