//! Many customers at once.

use crate::model::Span;

/// Many customers at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CohortRules {
    /// Promises of a team.
    pub reliability: ReliabilityRules,
    /// Incidents that nobody tells of.
    pub incidents: IncidentRules,
    /// Many hurt at one place.
    pub hotspot: HotspotRules,
    /// Customers treated badly by one agent.
    pub conduct: AgentRules,
}

/// Promises of a team.
#[derive(Clone, Debug, PartialEq)]
pub struct ReliabilityRules {
    /// Promises that fell due in this count.
    pub window: Span,
    /// So many must have fallen due before anything can be told.
    pub promises: usize,
    /// A kept share below this opens the alert.
    pub share: f64,
    /// A kept share below this is an error.
    pub error_share: f64,
    /// The alert closes once the kept share is at least this, or too few have fallen due.
    pub clear_share: f64,
    /// How long that must have been so.
    pub hold: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for ReliabilityRules {
    fn default() -> ReliabilityRules {
        ReliabilityRules {
            window: Span::days(30),
            promises: 10,
            share: 0.8,
            error_share: 0.6,
            clear_share: 0.85,
            hold: Span::hours(24),
            expires_after: Span::days(30),
        }
    }
}

/// Incidents that nobody tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentRules {
    /// Everybody affected must have been told within this of the incident's beginning.
    pub disclose_within: Span,
    /// Who is affected after that must have been told within this.
    pub later_within: Span,
    /// So many customers affected make it critical.
    pub critical_members: u32,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for IncidentRules {
    fn default() -> IncidentRules {
        IncidentRules {
            disclose_within: Span::hours(4),
            later_within: Span::hours(1),
            critical_members: 1_000,
            expires_after: Span::days(14),
        }
    }
}

/// Many hurt at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct HotspotRules {
    /// So many distinct customers open the alert.
    pub customers: usize,
    /// They must be hurt within this of each other; it closes after this without another.
    pub window: Span,
    /// The alert ends by itself after this.
    pub expires_after: Span,
}

impl Default for HotspotRules {
    fn default() -> HotspotRules {
        HotspotRules { customers: 5, window: Span::hours(4), expires_after: Span::hours(24) }
    }
}

/// Customers treated badly by one agent.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRules {
    /// So many distinct customers open the alert.
    pub agent_customers: usize,
    /// They count within this; it closes after this without another.
    pub agent_window: Span,
    /// The alert ends by itself after this.
    pub agent_expires_after: Span,
}

impl Default for AgentRules {
    fn default() -> AgentRules {
        AgentRules { agent_customers: 3, agent_window: Span::days(30), agent_expires_after: Span::days(30) }
    }
}
