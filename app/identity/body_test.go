package identity

import (
	"errors"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	goodDocument = `{"verificationMethod":[{"id":"#k","type":"Multikey","publicKeyMultibase":"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}],"capabilityInvocation":["#k"]}`
	goodID       = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
)

func operation(by did.DID, body map[string]any) *op.Operation {
	return &op.Operation{League: "test", By: by, Body: body}
}

func TestBodiesOfRecoveries(t *testing.T) {
	begin := func(o *op.Operation) error { _, err := ValidateRecover(o); return err }
	cancel := func(o *op.Operation) error { _, err := ValidateCancel(o); return err }
	propose := func(o *op.Operation) error { _, err := ReadKind(o.League, o.Body); return err }
	for _, c := range []struct {
		name     string
		validate func(*op.Operation) error
		body     string
		want     exec.Code
		pointer  string
	}{
		{"start", begin, `{"prev":"1-x","document":` + goodDocument + `}`, exec.OK, ""},
		{"start with all members", begin, `{"prev":"1-x","document":` + goodDocument + `,"threshold":1,"next":["` + goodID + `"],"recovery":{"league":5}}`, exec.OK, ""},
		{"start from nothing", begin, `{"document":` + goodDocument + `}`, exec.CodeMalformed, "/body/prev"},
		{"start without a document", begin, `{"prev":"1-x"}`, exec.CodeMalformed, "/body/document"},
		{"start with a salt", begin, `{"prev":"1-x","document":` + goodDocument + `,"salt":""}`, exec.CodeMalformed, "/body"},
		{"start with null", begin, `{"prev":"1-x","document":` + goodDocument + `,"recovery":null}`, exec.CodeMalformed, "/body/recovery"},
		{"start with a bad set", begin, `{"prev":"1-x","document":` + goodDocument + `,"recovery":{"set":["x"],"delay":1}}`, exec.CodeMalformed, "/body/recovery/set"},
		{"start of control by nobody", begin, `{"prev":"1-x","document":{}}`, exec.CodeInvalidDocument, "/body/threshold"},
		{"start with a bad document", begin, `{"prev":"1-x","document":{"controller":7}}`, exec.CodeInvalidDocument, "/body/document/controller/0"},

		{"cancel", cancel, `{"recovery":"` + goodID + `"}`, exec.OK, ""},
		{"cancel with a reason", cancel, `{"recovery":"` + goodID + `","reason":"` + strings.Repeat("x", 1024) + `"}`, exec.OK, ""},
		{"cancel with keys", cancel, `{"recovery":"` + goodID + `","keys":["z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"]}`, exec.OK, ""},
		{"cancel nothing", cancel, `{}`, exec.CodeMalformed, "/body/recovery"},
		{"cancel what is no id", cancel, `{"recovery":"1-x"}`, exec.CodeMalformed, "/body/recovery"},
		{"cancel with an empty reason", cancel, `{"recovery":"` + goodID + `","reason":""}`, exec.CodeMalformed, "/body/reason"},
		{"cancel with a novel", cancel, `{"recovery":"` + goodID + `","reason":"` + strings.Repeat("x", 1025) + `"}`, exec.CodeMalformed, "/body/reason"},
		{"cancel with a bad key", cancel, `{"recovery":"` + goodID + `","keys":["z1"]}`, exec.CodeMalformed, "/body/keys"},
		{"cancel with a key twice", cancel, `{"recovery":"` + goodID + `","keys":["z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK","z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"]}`, exec.CodeMalformed, "/body/keys"},
		{"cancel with too many keys", cancel, `{"recovery":"` + goodID + `","keys":["x"` + strings.Repeat(`,"x"`, 16) + `]}`, exec.CodeMalformed, "/body/keys"},
		{"cancel with more", cancel, `{"recovery":"` + goodID + `","Reason":"x"}`, exec.CodeMalformed, "/body"},

		{"proposal", propose, `{"did":"` + self + `","prev":"1-x","document":` + goodDocument + `}`, exec.OK, ""},
		{"proposal of nobody", propose, `{"prev":"1-x","document":` + goodDocument + `}`, exec.CodeMalformed, "/body/content/did"},
		{"proposal of another league's DID", propose, `{"did":"` + other + `","prev":"1-x","document":` + goodDocument + `}`, exec.CodeMalformed, "/body/content/did"},
		{"proposal with a bad set", propose, `{"did":"` + self + `","prev":"1-x","document":` + goodDocument + `,"recovery":{"set":["` + self + `"],"delay":1}}`, exec.CodeMalformed, "/body/content/recovery/set"},
		{"proposal of nothing", propose, `{"did":"` + self + `","prev":"1-x","document":{}}`, exec.CodeInvalidDocument, "/body/content/threshold"},
	} {
		err := c.validate(operation(self, parse(t, c.body)))
		if exec.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if e, ok := errors.AsType[*exec.Error](err); ok && e.Pointer != c.pointer {
			t.Errorf("%s: blames %s, want %s", c.name, e.Pointer, c.pointer)
		}
	}
	for _, by := range []did.DID{other, edKey, "did:web:a.example"} {
		for name, validate := range map[string]func(*op.Operation) error{"start": begin, "cancel": cancel} {
			err := validate(operation(by, parse(t, `{"prev":"1-x","recovery":"`+goodID+`","document":`+goodDocument+`}`)))
			if exec.CodeOf(err) != exec.CodeUnknownDID {
				t.Errorf("%s of %s: %v", name, by, err)
			}
		}
	}
}

// No body makes validation fail otherwise than with a code, and what is accepted says the same when it is written again.
func FuzzBodies(f *testing.F) {
	f.Add([]byte(`{"prev":"1-x","document":` + goodDocument + `,"recovery":{"league":5}}`))
	f.Add([]byte(`{"did":"` + self + `","prev":"1-x","document":` + goodDocument + `,"recovery":{"set":["` + friend + `"],"delay":5}}`))
	f.Add([]byte(`{"recovery":"` + goodID + `","reason":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := jcs.ParseIntegers(data, jcs.Limits{MaxDepth: 14})
		body, ok := value.(map[string]any)
		if err != nil || !ok {
			return
		}
		o := operation(self, body)
		_, cancelled := ValidateCancel(o)
		x, started := ValidateRecover(o)
		l, proposed := ReadKind("test", body)
		for _, err := range []error{cancelled, started, proposed} {
			if _, typed := errors.AsType[*exec.Error](err); err != nil && !typed {
				t.Fatalf("%T: %v", err, err)
			}
		}
		if started == nil {
			pendingOf(t, x.target)
		}
		if proposed == nil {
			pendingOf(t, l.target)
		}
	})
}

// pendingOf stores what a recovery makes of a DID, and reads it again.
func pendingOf(t *testing.T, of target) {
	p := &Pending{DID: of.did, Document: of.document, Threshold: of.threshold, Next: of.next, Recovery: of.recovery}
	data, err := p.encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := decodePending(data)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Recovery.same(p.Recovery) {
		t.Errorf("declared %+v, read %+v", p.Recovery, again.Recovery)
	}
	once, err := again.encode()
	if err != nil || string(once) != string(data) {
		t.Errorf("%s became %s (%v)", data, once, err)
	}
}
