//! Short lists that every customer may have: they grow by little, since most never grow much.

use thin_vec::ThinVec;

/// Appends `item`, growing by a quarter where there is no room; a plain push would make room for four at once.
pub fn push_tight<T>(items: &mut ThinVec<T>, item: T) {
    if items.len() == items.capacity() {
        items.reserve_exact(1 + items.len() / 4);
    }
    items.push(item);
}
