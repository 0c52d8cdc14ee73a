//! The kinds of alert, in the order in which timers of one instant fire and tables are printed.

use super::event::words;

words! {
    /// What an alert is about. A new kind is a row here, a row in the registry and a detector's file.
    Kind {
        GrievanceAccumulation "GRIEVANCE_ACCUMULATION",
        ComplaintStalled "COMPLAINT_STALLED",
        SecondChance "SECOND_CHANCE",
        DoubleDeviation "DOUBLE_DEVIATION",
        SilentDeparture "SILENT_DEPARTURE",
        PromiseDueSoon "PROMISE_DUE_SOON",
        PromiseBroken "PROMISE_BROKEN",
        ContactAbandoned "CONTACT_ABANDONED",
        CancellationIntent "CANCELLATION_INTENT",
    }
}
