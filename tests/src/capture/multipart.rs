//! Reads a `multipart/form-data` body (RFC 7578).

/// One part.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    /// File name, unescaped, where the part has one.
    pub(super) file: Option<String>,
    pub(super) bytes: Vec<u8>,
}

/// The parts, in their order.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Result<Vec<Part>, String> {
    let boundary = content_type
        .split(';')
        .filter_map(|parameter| parameter.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim_matches('"'))
        .ok_or_else(|| format!("no boundary in {content_type:?}"))?;
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = body
        .strip_prefix(&delimiter.as_bytes()[2..])
        .ok_or_else(|| format!("a body that does not begin with its boundary {boundary:?}"))?;
    let mut parts = Vec::new();
    loop {
        if rest == b"--" || rest == b"--\r\n" {
            return Ok(parts);
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary without an end of line")?;
        let end = find(rest, delimiter.as_bytes()).ok_or("a part without an end")?;
        parts.push(part(&rest[..end])?);
        rest = &rest[end + delimiter.len()..];
    }
}

fn part(text: &[u8]) -> Result<Part, String> {
    let split = find(text, b"\r\n\r\n").ok_or("a part without the empty line after its headers")?;
    let headers = std::str::from_utf8(&text[..split]).map_err(|_| "headers that are not UTF-8")?;
    let disposition = headers
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))
        .map(|(_, value)| value.trim())
        .ok_or("a part without content-disposition")?;
    let parameters = parameters(disposition);
    let parameter = |name: &str| {
        parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| unescaped(value))
    };
    Ok(Part {
        name: parameter("name").ok_or_else(|| format!("a part without a name: {disposition:?}"))?,
        file: parameter("filename"),
        bytes: text[split + 4..].to_vec(),
    })
}

/// `; key="value"`, where a value may hold `;` and an escaped quote.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once(';') {
        let Some((key, value)) = tail.split_once('=') else {
            break;
        };
        if let Some(quoted) = value.strip_prefix('"') {
            let mut escaped = false;
            let end = quoted.char_indices().find(|(_, c)| {
                let end = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                end
            });
            let end = end.map_or(quoted.len(), |(end, _)| end);
            found.push((key.trim().to_owned(), quoted[..end].to_owned()));
            rest = &quoted[end..];
        } else {
            let end = value.find(';').unwrap_or(value.len());
            found.push((key.trim().to_owned(), value[..end].trim().to_owned()));
            rest = &value[end..];
        }
    }
    found
}

/// Both ways to escape a quote: `\"` (RFC 7578 by RFC 2183) and `%22` (what browsers do).
fn unescaped(text: &str) -> String {
    let text = text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
