//! Which story a customer lives through, and the stage on which its steps are played.
//!
//! A step makes exactly one event and says which step follows after how long. What a step looks like depends on the
//! story's seed and the step alone, so that a repeat has the same bytes.

use crate::model::{EventType, Span, Time};

use super::json::{self, DayText, Envelope, Json};
use super::person::Person;
use super::random::{Random, derive};
use super::{care, money, service, trouble};

/// What follows a step: after how long, and which step.
pub type Next = Option<(Span, u16)>;

/// The plots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// Uses the service, again and again.
    Usage,
    /// Buys, is delivered to, buys again.
    Shopping,
    /// Asks something and is answered.
    Contact,
    /// Gives up waiting.
    HangUp,
    /// Complains.
    Complaint,
    /// Is promised something.
    Promise,
    /// Is asked for an opinion.
    Survey,
    /// Is billed.
    Invoice,
    /// Becomes better known.
    Profile,
    /// Is sent advertisements.
    Marketing,
    /// Is thanked or called.
    Care,
    /// Asks to leave.
    Farewell,
    /// An incident hurts several customers.
    Incident,
    /// Posts a review.
    Review,
    /// Looks at a competitor, or misses something.
    Drift,
    /// Waits too long at a site.
    Wait,
    /// The contract changes.
    Contract,
    /// Something that churnwatch does not know.
    Unknown,
    /// Disputes a charge.
    Dispute,
    /// Is reminded of a bill too often.
    Dunning,
    /// Is cut off and has to call.
    CutOff,
    /// Is new.
    Newcomer,
    /// Stands in a queue with many others.
    Rush,
    /// Is asked after each visit.
    Visits,
    /// Buys what is cheap.
    Bargains,
    /// Recommends us, and is let down.
    LetDown,
    /// Is treated badly.
    Rudeness,
    /// Cannot pay, says so once, and is heard of no more.
    Ashamed,
}

/// How many stories in 10,000 are of each plot.
const SHARES: [(Story, u64); 26] = [
    (Story::Usage, 2_360),
    (Story::Shopping, 2_000),
    (Story::Contact, 1_500),
    (Story::Invoice, 1_500),
    (Story::Marketing, 900),
    (Story::Survey, 500),
    (Story::Profile, 500),
    (Story::Care, 200),
    (Story::Unknown, 120),
    (Story::Promise, 110),
    (Story::Drift, 60),
    (Story::Contract, 70),
    (Story::Complaint, 50),
    (Story::HangUp, 50),
    (Story::Review, 20),
    (Story::Wait, 14),
    (Story::Incident, 6),
    (Story::Newcomer, 8),
    (Story::Dispute, 6),
    (Story::Dunning, 5),
    (Story::Visits, 5),
    (Story::Bargains, 5),
    (Story::Rudeness, 4),
    (Story::CutOff, 3),
    (Story::LetDown, 2),
    (Story::Rush, 2),
];

impl Story {
    /// The story that begins for `person` at `time`.
    pub fn choose(random: &mut Random, person: &Person, time: Time, pace: Span) -> Story {
        if time >= person.quiet_from {
            // The customer does nothing any more; the company goes on writing.
            let just_now = time < person.quiet_from + Span(pace.0 / 8);
            return match () {
                () if person.says_goodbye && just_now => Story::Farewell,
                () if just_now && random.chance(120) => Story::Ashamed,
                () => Story::Marketing,
            };
        }
        let mut drawn = random.below(10_000);
        for (story, share) in SHARES {
            if drawn < share {
                return story;
            }
            drawn -= share;
        }
        Story::Usage
    }
}

/// One step of one story.
pub struct Scene {
    /// The plot.
    pub story: Story,
    /// Where in the plot: the lower five bits are the phase, the rest counts rounds.
    pub step: u16,
    /// The story's seed.
    pub seed: u64,
    /// Event time.
    pub time: Time,
    /// Whose story it is.
    pub person: Person,
    /// How many customers there are.
    pub customers: u32,
}

/// Where a step's event is written.
pub struct Stage<'b> {
    /// The record key.
    pub key: &'b mut String,
    /// The record value.
    pub value: &'b mut Vec<u8>,
    /// Texts of days.
    pub clock: &'b mut DayText,
}

/// The step at `phase` of `round`.
pub fn step(round: u16, phase: u16) -> u16 {
    round << 5 | phase
}

impl Scene {
    /// A step of `story` at `time`.
    pub fn new(story: Story, step: u16, seed: u64, time: Time, person: Person, customers: u32) -> Scene {
        Scene { story, step, seed, time, person, customers }
    }

    /// The round of the plot, from 0.
    pub fn round(&self) -> u16 {
        self.step >> 5
    }

    /// The phase of the plot, from 0.
    pub fn phase(&self) -> u16 {
        self.step & 31
    }

    /// A trait of the whole story, the same at each of its steps.
    pub fn of_story(&self) -> Random {
        Random::new(derive(self.seed, 0xface))
    }

    /// Number of the story's case: ticket, promise, incident.
    pub fn case(&self) -> u64 {
        derive(self.seed, 0xca5e)
    }

    /// Number of this round's order or invoice.
    pub fn order(&self) -> u64 {
        derive(self.seed, 0x0_de_00 + u64::from(self.round()))
    }

    /// Whether the customer has stopped acting.
    pub fn is_quiet(&self) -> bool {
        self.time >= self.person.quiet_from
    }

    /// Writes this step's event and says what follows.
    pub fn play(&mut self, key: &mut String, value: &mut Vec<u8>, clock: &mut DayText) -> Next {
        let random = &mut Random::new(derive(self.seed, u64::from(self.step)));
        let stage = Stage { key, value, clock };
        match self.story {
            Story::Usage => service::usage(self, random, stage),
            Story::Shopping => money::shopping(self, random, stage),
            Story::Contact => service::contact(self, random, stage),
            Story::HangUp => service::hang_up(self, random, stage),
            Story::Complaint => care::complaint(self, random, stage),
            Story::Promise => care::promise(self, random, stage),
            Story::Survey => care::survey(self, random, stage),
            Story::Invoice => money::invoice(self, random, stage),
            Story::Profile => money::profile(self, random, stage),
            Story::Marketing => care::marketing(self, random, stage),
            Story::Care => care::outreach(self, random, stage),
            Story::Farewell => money::farewell(self, random, stage),
            Story::Incident => service::incident(self, random, stage),
            Story::Review => care::review(self, random, stage),
            Story::Drift => service::drift(self, random, stage),
            Story::Wait => service::wait(self, random, stage),
            Story::Contract => money::contract(self, random, stage),
            Story::Unknown => service::unknown(self, random, stage),
            Story::Dispute => trouble::dispute(self, random, stage),
            Story::Dunning => trouble::dunning(self, random, stage),
            Story::CutOff => trouble::cut_off(self, random, stage),
            Story::Newcomer => trouble::newcomer(self, random, stage),
            Story::Rush => trouble::rush(self, random, stage),
            Story::Visits => trouble::visits(self, random, stage),
            Story::Bargains => trouble::bargains(self, random, stage),
            Story::LetDown => trouble::let_down(self, random, stage),
            Story::Rudeness => trouble::rudeness(self, random, stage),
            Story::Ashamed => trouble::ashamed(self, random, stage),
        }
    }
}

/// Where an event comes from, by what it is about.
fn source(event_type: EventType) -> &'static str {
    use crate::model::event::Family;
    match event_type.family() {
        Family::Complaint | Family::Feedback | Family::FeatureRequest => "zendesk/acme",
        Family::Contact => "telephony/acme",
        Family::Purchase | Family::Delivery => "shop/acme",
        Family::Usage => "app/acme",
        Family::Billing | Family::Account => "billing/acme",
        Family::Service => "network/acme",
        _ => "crm/acme",
    }
}

impl<'b> Stage<'b> {
    /// Begins an event of the scene's customer. `case`: prefix and number of the correlation id.
    pub fn event(
        self,
        scene: &Scene,
        event_type: EventType,
        channel: &'static str,
        case: Option<(&'static str, u64)>,
    ) -> Json<'b> {
        self.named(scene, event_type.name(), source(event_type), channel, case)
    }

    /// Begins an event whose type has no name in the closed list.
    pub fn unknown(self, scene: &Scene, name: &'static str) -> Json<'b> {
        self.named(scene, name, "loyalty/acme", "app", None)
    }

    fn named(
        self,
        scene: &Scene,
        name: &'static str,
        source: &'static str,
        channel: &'static str,
        case: Option<(&'static str, u64)>,
    ) -> Json<'b> {
        self.key.clear();
        json::customer_id(self.key, scene.person.number);
        let envelope = Envelope {
            id: derive(scene.seed, 0xe7 << 32 | u64::from(scene.step)),
            source,
            event_type: name,
            time: scene.time,
            customer: Some(self.key),
            account: Some(u64::from(scene.person.number) / 2),
            channel: Some(channel),
            lang: Some(scene.person.language.tag()),
            correlation: case,
        };
        Json::begin(self.value, self.clock, &envelope)
    }

    /// Begins an event about nobody; the record key is the incident's id.
    pub fn about_nobody(self, scene: &Scene, event_type: EventType) -> Json<'b> {
        use std::fmt::Write;
        self.key.clear();
        write!(self.key, "inc-{:08x}", scene.case() as u32).expect("a String takes everything");
        let envelope = Envelope {
            id: derive(scene.seed, 0xe7 << 32 | u64::from(scene.step)),
            source: source(event_type),
            event_type: event_type.name(),
            time: scene.time,
            customer: None,
            account: None,
            channel: Some("system"),
            lang: None,
            correlation: Some(("inc-", scene.case())),
        };
        Json::begin(self.value, self.clock, &envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_add_up() {
        assert_eq!(SHARES.iter().map(|(_, share)| share).sum::<u64>(), 10_000);
    }
}
