package did

// Value returns d as plain JSON values (what jcs.Encode takes). Empty members are left out; sets that DID Core allows to
// be one value are written as one value where they have one. The maps inside Context, Endpoint, PublicKeyJWK and Extra
// are shared with d.
func (d *Document) Value() map[string]any {
	v := make(map[string]any, 8+len(d.Extra))
	for name, member := range d.Extra {
		v[name] = member
	}
	if len(d.Context) > 0 {
		v["@context"] = one(d.Context)
	}
	if d.ID != "" {
		v["id"] = string(d.ID)
	}
	if len(d.AlsoKnownAs) > 0 {
		v["alsoKnownAs"] = texts(d.AlsoKnownAs)
	}
	if len(d.Controller) > 0 {
		v["controller"] = one(texts(d.Controller))
	}
	if len(d.VerificationMethod) > 0 {
		list := make([]any, len(d.VerificationMethod))
		for i := range d.VerificationMethod {
			list[i] = d.VerificationMethod[i].Value()
		}
		v["verificationMethod"] = list
	}
	for _, r := range relationships {
		if refs, ok := d.Relationships[r]; ok {
			v[string(r)] = references(refs)
		}
	}
	if len(d.Service) > 0 {
		list := make([]any, len(d.Service))
		for i := range d.Service {
			list[i] = d.Service[i].Value()
		}
		v["service"] = list
	}
	return v
}

// Value returns m as plain JSON values.
func (m VerificationMethod) Value() map[string]any {
	v := make(map[string]any, 4+len(m.Extra))
	for name, member := range m.Extra {
		v[name] = member
	}
	v["id"] = m.ID
	v["type"] = m.Type
	v["controller"] = string(m.Controller)
	if m.PublicKeyMultibase != "" {
		v["publicKeyMultibase"] = m.PublicKeyMultibase
	}
	if m.PublicKeyJWK != nil {
		v["publicKeyJwk"] = m.PublicKeyJWK
	}
	return v
}

// Value returns s as plain JSON values.
func (s Service) Value() map[string]any {
	v := make(map[string]any, 3+len(s.Extra))
	for name, member := range s.Extra {
		v[name] = member
	}
	if s.ID != "" {
		v["id"] = s.ID
	}
	v["type"] = one(texts(s.Type))
	v["serviceEndpoint"] = s.Endpoint
	return v
}

func references(refs []Reference) []any {
	list := make([]any, len(refs))
	for i, ref := range refs {
		if ref.Embedded != nil {
			list[i] = ref.Embedded.Value()
		} else {
			list[i] = ref.URL
		}
	}
	return list
}

func texts[S ~string](list []S) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// one returns the only value of a set, or the set.
func one(list []any) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}
