//! Where in a foreign record the wanted values are: all paths of a mapping as one tree, filled in one pass.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Distinct paths that one mapping may name.
pub(super) const MAX_PATHS: usize = 64;

/// Names the value found at one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(usize);

/// Every wanted path.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    nodes: Vec<PathNode>,
    slots: usize,
}

#[derive(Clone, Debug, Default)]
struct PathNode {
    names: Vec<(Box<str>, usize)>,
    places: Vec<(usize, usize)>,
    slot: Option<Slot>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Name(String),
    Place(usize),
}

impl Paths {
    /// The slot of the path written as `a.b[0].c`, names with other characters as `a["b.c"]`; the error says what is
    /// wrong with it.
    pub(super) fn slot(&mut self, path: &str) -> Result<Slot, String> {
        let steps = parse(path).ok_or_else(|| format!("`{path}` is no path; write it like a.b[0].c or a[\"b.c\"]"))?;
        if self.nodes.is_empty() {
            self.nodes.push(PathNode::default());
        }
        let mut at = 0;
        for step in steps {
            let next = self.nodes.len();
            let node = &mut self.nodes[at];
            at = match &step {
                Step::Name(name) => child(&mut node.names, |known| **known == **name, || name.as_str().into(), next),
                Step::Place(place) => child(&mut node.places, |known| known == place, || *place, next),
            };
            if at == next {
                self.nodes.push(PathNode::default());
            }
        }
        match self.nodes[at].slot {
            Some(slot) => Ok(slot),
            None if self.slots == MAX_PATHS => Err(format!("a mapping may name at most {MAX_PATHS} paths")),
            None => {
                self.slots += 1;
                Ok(*self.nodes[at].slot.insert(Slot(self.slots - 1)))
            }
        }
    }

    /// Finds the values in `json`; `None` if it is not valid JSON or no object.
    pub(super) fn find<'a>(&self, json: &'a str) -> Option<Values<'a>> {
        let mut values = Values { found: [None; MAX_PATHS] };
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let root = match self.nodes.is_empty() {
            true => deserializer.deserialize_map(IgnoredAny).map(drop),
            false => deserializer.deserialize_map(Find { paths: self, node: 0, values: &mut values }),
        };
        root.ok()?;
        deserializer.end().ok()?;
        Some(values)
    }

    /// Forgets what an earlier value of the same name held.
    fn forget(&self, node: usize, values: &mut Values) {
        let node = &self.nodes[node];
        if let Some(Slot(slot)) = node.slot {
            values.found[slot] = None;
        }
        for child in node.names.iter().map(|(_, child)| child).chain(node.places.iter().map(|(_, child)| child)) {
            self.forget(*child, values);
        }
    }
}

fn child<K>(children: &mut Vec<(K, usize)>, is: impl Fn(&K) -> bool, make: impl FnOnce() -> K, next: usize) -> usize {
    match children.iter().find(|(key, _)| is(key)) {
        Some((_, node)) => *node,
        None => {
            children.push((make(), next));
            next
        }
    }
}

fn parse(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix("[\"") {
            let (name, after) = inside.split_once("\"]")?;
            steps.push(Step::Name(name.to_owned()));
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (place, after) = inside.split_once(']')?;
            steps.push(Step::Place(place.parse().ok()?));
            rest = after;
        } else {
            let named = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
            let end = named.find(['.', '[']).unwrap_or(named.len());
            let name = &named[..end];
            if name.is_empty() || name.contains([']', '"', '{', '}', ' ']) {
                return None;
            }
            steps.push(Step::Name(name.to_owned()));
            rest = &named[end..];
        }
    }
    (!steps.is_empty()).then_some(steps)
}

/// What was found at each path.
pub(super) struct Values<'a> {
    found: [Option<&'a RawValue>; MAX_PATHS],
}

impl<'a> Values<'a> {
    /// The JSON at the path; `null` and nothing at all are the same.
    pub(super) fn get(&self, slot: Slot) -> Option<&'a str> {
        self.found[slot.0].map(RawValue::get).filter(|json| *json != "null")
    }
}

/// Fills the slots beneath one node.
struct Find<'p, 'v, 'a> {
    paths: &'p Paths,
    node: usize,
    values: &'v mut Values<'a>,
}

impl<'a> DeserializeSeed<'a> for Find<'_, '_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, d: D) -> Result<(), D::Error> {
        let node = &self.paths.nodes[self.node];
        let inner = !node.names.is_empty() || !node.places.is_empty();
        let Some(Slot(slot)) = node.slot else {
            self.paths.forget(self.node, self.values);
            return d.deserialize_any(self);
        };
        let json = <&RawValue as serde::Deserialize>::deserialize(d)?;
        if inner {
            self.paths.forget(self.node, self.values);
        }
        self.values.found[slot] = Some(json);
        match json.get().as_bytes() {
            [b'{' | b'[', ..] if inner => serde_json::Deserializer::from_str(json.get())
                .deserialize_any(Find { paths: self.paths, node: self.node, values: self.values })
                .map_err(D::Error::custom),
            _ => Ok(()),
        }
    }
}

impl<'a> Visitor<'a> for Find<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let names = &self.paths.nodes[self.node].names;
        while let Some(child) = map.next_key_seed(Child(names))? {
            match child {
                Some(node) => map.next_value_seed(Find { paths: self.paths, node, values: self.values })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        let places = &self.paths.nodes[self.node].places;
        for place in 0.. {
            let more = match places.iter().find(|(wanted, _)| *wanted == place) {
                Some((_, node)) => {
                    let find = Find { paths: self.paths, node: *node, values: self.values };
                    list.next_element_seed(find)?.is_some()
                }
                None => list.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    // A plain value where an object or a list was hoped for holds nothing that is wanted.
    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads a name; the node it leads to if any path goes there.
struct Child<'p>(&'p [(Box<str>, usize)]);

impl<'a> DeserializeSeed<'a> for Child<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'a>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl Visitor<'_> for Child<'_> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|(known, _)| **known == *name).map(|(_, node)| *node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_at_their_paths() {
        let json =
            r#"{"a":{"b":[{"c":1},{"c":"two"}],"d":null,"b.c":true},"e":"\ud83d\ude00","n":[[7,8]],"x":{"y":{}}}"#;
        let wanted = [
            ("a.b[0].c", Some("1")),
            ("a.b[1].c", Some("\"two\"")),
            ("a.b[2].c", None),
            ("a.b", Some(r#"[{"c":1},{"c":"two"}]"#)),
            ("a.d", None),
            (r#"a["b.c"]"#, Some("true")),
            ("e", Some(r#""\ud83d\ude00""#)),
            ("e.f", None),
            ("n[0][1]", Some("8")),
            ("x.y", Some("{}")),
            ("nothing", None),
        ];
        let mut paths = Paths::default();
        let slots = wanted.map(|(path, _)| paths.slot(path).unwrap());
        let values = paths.find(json).unwrap();
        for ((path, expected), slot) in wanted.into_iter().zip(slots) {
            assert_eq!(values.get(slot), expected, "{path}");
        }
        assert_eq!(paths.slot("a.d"), Ok(slots[4]), "the same path is the same slot");
    }

    #[test]
    fn of_a_name_given_twice_the_last_one_counts() {
        let mut paths = Paths::default();
        let (b, c) = (paths.slot("a.b").unwrap(), paths.slot("a.c").unwrap());
        let values = paths.find(r#"{"a":{"b":1,"c":2},"a":{"b":3}}"#).unwrap();
        assert_eq!((values.get(b), values.get(c)), (Some("3"), None));
        let values = paths.find(r#"{"a":{"b":1},"a":5}"#).unwrap();
        assert_eq!((values.get(b), values.get(c)), (None, None));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a]b", "a[\"b]", "a b", "a[0]b", "{a}"] {
            assert!(Paths::default().slot(path).is_err(), "{path}");
        }
    }

    #[test]
    fn there_is_a_limit_of_paths() {
        let mut paths = Paths::default();
        for i in 0..MAX_PATHS {
            paths.slot(&format!("a.b{i}")).unwrap();
        }
        assert_eq!(paths.slot("one_more"), Err("a mapping may name at most 64 paths".into()));
        assert!(paths.slot("a.b0").is_ok());
    }

    #[test]
    fn what_is_no_json_object_is_not_searched() {
        let mut paths = Paths::default();
        for _ in 0..2 {
            for json in ["", "[]", "1", "{", "{} {}", r#"{"a":tru}"#, r#"{"z":"\q"}"#] {
                assert!(paths.find(json).is_none(), "{json}");
            }
            assert!(paths.find("{}").is_some());
            paths.slot("a").unwrap();
        }
    }
}
