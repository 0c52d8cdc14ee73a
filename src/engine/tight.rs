//! Short lists that every customer may have: they grow by little, since most never grow much.

use thin_vec::ThinVec;

use crate::model::Time;

/// Appends `item`, growing by a quarter where there is no room; a plain push would make room for four at once.
pub fn push_tight<T>(items: &mut ThinVec<T>, item: T) {
    if items.len() == items.capacity() {
        items.reserve_exact(1 + items.len() / 4);
    }
    items.push(item);
}

/// Two lists in order of time become one; beyond `most` the oldest go.
pub fn merge_in_order<T>(own: &mut ThinVec<T>, theirs: ThinVec<T>, most: usize, time: impl Fn(&T) -> Time) {
    own.reserve_exact(theirs.len());
    own.extend(theirs);
    own.sort_by_key(|item| time(item));
    let beyond = own.len().saturating_sub(most);
    own.drain(..beyond);
}
