//! Import maps, and what a module specifier means
//! ([HTML §8.1.6.2](https://html.spec.whatwg.org/multipage/webappapis.html#import-maps)).

use serde_json::{Map, Value};
use url::Url;

/// Specifiers, longest first, and what they stand for; none: nothing may.
type Specifiers = Vec<(String, Option<Url>)>;

/// An import map, or several merged into one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportMap {
    imports: Specifiers,
    /// By the addresses of those that import, longest first.
    scopes: Vec<(String, Specifiers)>,
}

impl ImportMap {
    /// Reads the text of an import map in a document with this base; what is passed over is said in the second part.
    ///
    /// # Errors
    /// Why the text is no import map.
    pub fn parse(text: &str, base: &Url) -> Result<(Self, Vec<String>), String> {
        let map: Value = serde_json::from_str(text).map_err(|error| format!("the import map is no JSON: {error}"))?;
        let Value::Object(map) = map else { return Err("the import map must be an object".to_owned()) };
        let (mut this, mut warnings) = (Self::default(), Vec::new());
        if let Some(imports) = member(&map, "imports")? {
            this.imports = specifiers(imports, base, &mut warnings);
        }
        for (prefix, imports) in member(&map, "scopes")?.into_iter().flatten() {
            let Value::Object(imports) = imports else {
                return Err(format!("the scope \"{prefix}\" of the import map must be an object"));
            };
            match base.join(prefix) {
                Ok(url) => this.scopes.push((url.into(), specifiers(imports, base, &mut warnings))),
                Err(_) => warnings.push(format!("the scope \"{prefix}\" of the import map is no address")),
            }
        }
        longest_first(&mut this.scopes);
        let unknown = map.keys().filter(|key| !["imports", "scopes", "integrity"].contains(&key.as_str()));
        warnings.extend(unknown.map(|key| format!("the import map has an unknown member \"{key}\"")));
        Ok((this, warnings))
    }

    /// Adds what another map says; what this one says already stays.
    pub fn merge(&mut self, other: Self) {
        add(&mut self.imports, other.imports);
        for (prefix, imports) in other.scopes {
            match self.scopes.iter_mut().find(|(own, _)| *own == prefix) {
                Some((_, own)) => add(own, imports),
                None => self.scopes.push((prefix, imports)),
            }
        }
        longest_first(&mut self.scopes);
    }

    /// The address that a specifier means in code at `base`
    /// ([resolve a module specifier](https://html.spec.whatwg.org/#resolve-a-module-specifier)).
    ///
    /// # Errors
    /// Why it means none.
    pub fn resolve(&self, specifier: &str, base: &Url) -> Result<Url, String> {
        let url = address(specifier, base);
        let name = url.as_ref().map_or(specifier, Url::as_str);
        let is_in = |scope: &str| scope == base.as_str() || scope.ends_with('/') && base.as_str().starts_with(scope);
        let scopes = self.scopes.iter().filter(|(scope, _)| is_in(scope)).map(|(_, imports)| imports);
        for imports in scopes.chain([&self.imports]) {
            if let Some(found) = found(imports, name, url.as_ref())? {
                return Ok(found);
            }
        }
        let advice = || {
            format!(
                "Failed to resolve module specifier \"{specifier}\": begin it with \"/\", \"./\" or \"../\", or name it \
                 in an import map"
            )
        };
        url.ok_or_else(advice)
    }

    /// The addresses that the map names as a whole.
    pub fn addresses(&self) -> impl Iterator<Item = &Url> {
        let all = self.scopes.iter().flat_map(|(_, imports)| imports).chain(&self.imports);
        all.filter(|(specifier, _)| !specifier.ends_with('/')).filter_map(|(_, url)| url.as_ref())
    }
}

fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>, String> {
    match map.get(name) {
        None => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(format!("\"{name}\" of the import map must be an object")),
    }
}

/// Sorts and normalizes a map of specifiers.
fn specifiers(map: &Map<String, Value>, base: &Url, warnings: &mut Vec<String>) -> Specifiers {
    let mut specifiers = Specifiers::new();
    for (specifier, value) in map {
        if specifier.is_empty() {
            warnings.push("the import map names an empty specifier".to_owned());
            continue;
        }
        let url = value.as_str().and_then(|value| address(value, base));
        let is_fit = |url: &Url| !specifier.ends_with('/') || url.as_str().ends_with('/');
        let url = url.filter(is_fit);
        if url.is_none() {
            warnings.push(format!("what the import map has for \"{specifier}\" is no address that fits it"));
        }
        let name = address(specifier, base).map_or_else(|| specifier.clone(), String::from);
        add(&mut specifiers, vec![(name, url)]);
    }
    specifiers
}

fn add(specifiers: &mut Specifiers, others: Specifiers) {
    for (name, url) in others {
        if !specifiers.iter().any(|(own, _)| *own == name) {
            specifiers.push((name, url));
        }
    }
    longest_first(specifiers);
}

/// Of two that begin alike the longer one comes first.
fn longest_first<T>(entries: &mut [(String, T)]) {
    entries.sort_by(|(a, _), (b, _)| b.cmp(a));
}

/// What looks like an address: absolute, or relative by its beginning.
fn address(specifier: &str, base: &Url) -> Option<Url> {
    if ["/", "./", "../"].iter().any(|start| specifier.starts_with(start)) {
        return base.join(specifier).ok();
    }
    Url::parse(specifier).ok()
}

/// What a map of specifiers has for a name; the name is an address where `url` is there.
fn found(imports: &Specifiers, name: &str, url: Option<&Url>) -> Result<Option<Url>, String> {
    let may_begin = url.is_none_or(|url| matches!(url.scheme(), "http" | "https" | "file" | "ftp" | "ws" | "wss"));
    for (key, target) in imports {
        let rest = match name.strip_prefix(key.as_str()) {
            Some("") => None,
            Some(rest) if may_begin && key.ends_with('/') => Some(rest),
            _ => continue,
        };
        let Some(target) = target else { return Err(format!("the import map has no address for \"{name}\"")) };
        let Some(rest) = rest else { return Ok(Some(target.clone())) };
        let below = target.join(rest).ok().filter(|below| below.as_str().starts_with(target.as_str()));
        let outside = || format!("\"{name}\" is not below what the import map has for \"{key}\"");
        return below.ok_or_else(outside).map(Some);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("http://a.test/app/index.html").unwrap()
    }

    fn map(text: &str) -> ImportMap {
        ImportMap::parse(text, &base()).unwrap().0
    }

    #[track_caller]
    fn check(map: &ImportMap, specifier: &str, from: &str, expected: Result<&str, &str>) {
        let found = map.resolve(specifier, &Url::parse(from).unwrap());
        let found = found.as_ref().map(Url::as_str).map_err(String::as_str);
        match (found, expected) {
            (Err(problem), Err(part)) => assert!(problem.contains(part), "{specifier}: {problem}"),
            (found, expected) => assert_eq!(found, expected, "{specifier}"),
        }
    }

    #[test]
    fn without_a_map_addresses_only() {
        let (none, from) = (ImportMap::default(), "http://a.test/lib/x.js");
        check(&none, "./y.js", from, Ok("http://a.test/lib/y.js"));
        check(&none, "../y.js", from, Ok("http://a.test/y.js"));
        check(&none, "/y.js", from, Ok("http://a.test/y.js"));
        check(&none, "https://b.test/y.js", from, Ok("https://b.test/y.js"));
        check(&none, "vue", from, Err("\"vue\": begin it with"));
        check(&none, "y.js", from, Err("\"y.js\""));
        check(&none, "", from, Err("\"\""));
        check(&none, "./y.js", "data:text/javascript,1", Err("\"./y.js\""));
    }

    #[test]
    fn imports_by_name_by_prefix_and_by_address() {
        let map = map(r#"{"imports": {"vue": "./vue.js", "lib/": "/lib/", "lib/deep/": "/deep/", "lib/one": "/1.js",
            "./old.js": "./new.js", "gone": null, "no/": "/no", "http://b.test/": "/b/"}}"#);
        let from = "http://a.test/other/x.js";
        check(&map, "vue", from, Ok("http://a.test/app/vue.js"));
        check(&map, "vue/dist", from, Err("\"vue/dist\""));
        check(&map, "lib/a.js", from, Ok("http://a.test/lib/a.js"));
        check(&map, "lib/deep/a.js", from, Ok("http://a.test/deep/a.js"));
        check(&map, "lib/one", from, Ok("http://a.test/1.js"));
        check(&map, "lib/../secret.js", from, Err("not below"));
        check(&map, "/app/old.js", from, Ok("http://a.test/app/new.js"));
        check(&map, "./old.js", from, Ok("http://a.test/other/old.js"));
        check(&map, "gone", from, Err("no address for \"gone\""));
        check(&map, "no/a", from, Err("no address for \"no/a\""));
        check(&map, "http://b.test/c.js", from, Ok("http://a.test/b/c.js"));
    }

    #[test]
    fn scopes_go_before_and_the_longest_first() {
        let map = map(r#"{"imports": {"x": "/x.js", "y": "/y.js"},
            "scopes": {"/a/": {"x": "/a-x.js"}, "/a/b/": {"x": "/b-x.js"}, "/one.js": {"x": "/1-x.js"}}}"#);
        check(&map, "x", "http://a.test/m.js", Ok("http://a.test/x.js"));
        check(&map, "x", "http://a.test/a/m.js", Ok("http://a.test/a-x.js"));
        check(&map, "x", "http://a.test/a/b/m.js", Ok("http://a.test/b-x.js"));
        check(&map, "y", "http://a.test/a/b/m.js", Ok("http://a.test/y.js"));
        check(&map, "x", "http://a.test/one.js", Ok("http://a.test/1-x.js"));
        check(&map, "x", "http://a.test/one.js/m.js", Ok("http://a.test/x.js"));
    }

    #[test]
    fn what_no_map_is() {
        for (text, problem) in [
            ("{", "no JSON"),
            ("[]", "must be an object"),
            (r#"{"imports": []}"#, "\"imports\""),
            (r#"{"scopes": 1}"#, "\"scopes\""),
            (r#"{"scopes": {"/a/": 1}}"#, "scope \"/a/\""),
        ] {
            assert!(ImportMap::parse(text, &base()).unwrap_err().contains(problem), "{text}");
        }
        let (map, warnings) = ImportMap::parse(r#"{"imports": {"": "/a", "b": 1}, "more": {}}"#, &base()).unwrap();
        assert_eq!((map.imports.len(), warnings.len()), (1, 3));
    }

    #[test]
    fn merged_what_was_there_stays() {
        let mut merged = map(r#"{"imports": {"x": "/1.js"}, "scopes": {"/a/": {"y": "/2.js"}}}"#);
        merged.merge(map(
            r#"{"imports": {"x": "/3.js", "z": "/4.js"}, "scopes": {"/a/": {"y": "/5.js", "x": "/6.js"}}}"#,
        ));
        check(&merged, "x", "http://a.test/", Ok("http://a.test/1.js"));
        check(&merged, "z", "http://a.test/", Ok("http://a.test/4.js"));
        check(&merged, "y", "http://a.test/a/", Ok("http://a.test/2.js"));
        check(&merged, "x", "http://a.test/a/", Ok("http://a.test/6.js"));
        assert_eq!(merged.addresses().count(), 4);
    }
}
