//! Where in a page's code something happened, as it is kept.

use crate::event::Place;
use crate::store::PlacedAt;

/// Without the query of the address: that of a page may name the customer that it was opened for, and what is kept here
/// may be another's.
pub(super) fn placed(place: &Place) -> PlacedAt {
    let Place { url, line, column, file, .. } = place;
    let end = url.find(['?', '#']).unwrap_or(url.len());
    PlacedAt { url: url[..end].to_owned(), line: *line, column: *column, file: file.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_the_address_is_not_kept() {
        for (url, kept) in
            [("http://a.test/p.html?u=oA#x", "http://a.test/p.html"), ("http://a.test/", "http://a.test/")]
        {
            let place = Place { url: url.to_owned(), line: 2, column: 3, ..Place::default() };
            let PlacedAt { url, line, column, file } = placed(&place);
            assert_eq!((url.as_str(), line, column, file), (kept, 2, 3, None));
        }
    }
}
