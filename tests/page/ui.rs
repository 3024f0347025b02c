//! What a `ui.` stimulus does (session-log.md).

use super::driven::check;

/// Tells a page of controls that says which events it gets.
#[track_caller]
fn check_controls(steps: &[&'static str], expected: &str) {
    let listen = "<script>
        var types = 'mousedown mouseup click focus blur keydown keypress input keyup change submit'.split(' ');
        for (var i = 0; i < types.length; i++) document.addEventListener(types[i], function (e) {
          var t = e.target; console.log(e.type, t.id || t.nodeName, e.isTrusted, /^key/.test(e.type) ? e.key + e.keyCode : '', t.value === undefined ? '' : t.value);
        }, true);</script>";
    let html = format!(
        "<!DOCTYPE html><body><form id=f onsubmit='return false'><input id=t name=t><input id=c type=checkbox><input id=r type=radio name=r value=r>\
         <select id=s><option value=1>one<option value=2 id=two>two</select><select id=m multiple><option>a<option>b<option>c</select><textarea id=ta></textarea><button id=b>b</button></form>{listen}"
    );
    check(&html, steps, expected);
}

#[test]
fn clicking_and_typing() {
    check_controls(
        &[
            "click #t",
            "input #t \"您好\"",
            "click #c",
            "input #ta \"x\\ny\"",
            "key #t \"a\"",
            "key #t \"Enter\"",
            "click .none",
            "click [",
            "click #f,#b",
        ],
        r#"
        > click #t
        mousedown t true
        focus t true
        mouseup t true
        click t true
        > input #t "您好"
        keydown t true 好229
        input t true  您好
        keyup t true 好229 您好
        > click #c
        mousedown c true  on
        change t true  您好
        blur t true  您好
        focus c true  on
        mouseup c true  on
        click c true  on
        input c true  on
        change c true  on
        > input #ta "x\ny"
        blur c true  on
        focus ta true
        keydown ta true y89
        input ta true  x
        y
        keyup ta true y89 x
        y
        > key #t "a"
        change ta true  x
        y
        blur ta true  x
        y
        focus t true  您好
        keydown t true a65 您好
        keypress t true a97 您好
        keyup t true a65 您好
        > key #t "Enter"
        keydown t true Enter13 您好
        keypress t true Enter13 您好
        click b true
        submit f true
        keyup t true Enter13 您好
        > click .none
        ! selector no element of the page matches
        > click [
        ! selector not a valid selector
        > click #f,#b
        mousedown f true
        blur t true  您好
        mouseup f true
        click f true
        "#,
    );
}

#[test]
fn what_was_typed_is_committed_once() {
    check_controls(
        &["input #t \"x\"", "key #t \"Enter\"", "click #f"],
        r#"
        > input #t "x"
        focus t true
        keydown t true x88
        input t true  x
        keyup t true x88 x
        > key #t "Enter"
        keydown t true Enter13 x
        keypress t true Enter13 x
        change t true  x
        click b true
        submit f true
        keyup t true Enter13 x
        > click #f
        mousedown f true
        blur t true  x
        mouseup f true
        click f true
        "#,
    );
}

#[test]
fn changing() {
    check_controls(
        &[
            "change #t \"new\"",
            "change #c true",
            "change #c false",
            "change #r true",
            "change #s \"2\"",
            "change #two false",
            "change #m [\"a\",\"c\"]",
        ],
        r#"
        > change #t "new"
        input t true  new
        change t true  new
        > change #c true
        input c true  on
        change c true  on
        > change #c false
        input c true  on
        change c true  on
        > change #r true
        input r true  r
        change r true  r
        > change #s "2"
        input s true  2
        change s true  2
        > change #two false
        input s true  1
        change s true  1
        > change #m ["a","c"]
        input m true  a
        change m true  a
        "#,
    );
}

#[test]
fn submitting() {
    check_controls(
        &["submit #f", "submit #b", "click #b"],
        r#"
        > submit #f
        submit f true
        > submit #b
        submit f true
        > click #b
        mousedown b true
        focus b true
        mouseup b true
        click b true
        submit f true
        "#,
    );
}
