package api

import (
	"encoding/json"
	"strconv"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
)

// issueOptions reads the options of an issue request.
func issueOptions(r *vcRequest) (opts issuance.IssueOptions, err error) {
	for _, option := range []struct {
		name string
		to   *string
	}{{"credentialId", &opts.CredentialID}, {"template", &opts.Template}} {
		if *option.to, err = r.options.text(option.name); err != nil {
			return opts, err
		}
	}
	if opts.Form, err = r.options.form(); err != nil {
		return opts, err
	}
	if opts.Mandatory, err = r.options.texts("mandatoryPointers"); err != nil {
		return opts, err
	}
	if opts.Disclosable, err = r.options.texts("disclosable"); err != nil {
		return opts, err
	}
	if opts.Decoys, err = r.options.number("decoys"); err != nil {
		return opts, err
	}
	if opts.Copies, err = r.options.number("copies"); err != nil {
		return opts, err
	}
	if _, given := r.options.values["copies"]; given && opts.Copies == 0 {
		return opts, badMember("/options/copies", "must be at least 1")
	}
	opts.Holders, err = r.options.holders()
	return opts, err
}

// form takes the securing form, which has two names.
func (o *options) form() (credentials.Form, error) {
	suite, err := o.text("cryptosuite")
	if err != nil {
		return "", err
	}
	format, err := o.text("format")
	if err != nil {
		return "", err
	}
	if suite != "" && format != "" && suite != format {
		return "", badMember("/options/format", "cryptosuite and format name different forms")
	}
	if suite != "" {
		return credentials.Form(suite), nil
	}
	return credentials.Form(format), nil
}

// number takes an option that is a small whole number, not negative; 0 if it is not given.
func (o *options) number(name string) (int, error) {
	value, given := o.take(name)
	if !given {
		return 0, nil
	}
	literal, _ := value.(json.Number)
	n, err := strconv.ParseUint(string(literal), 10, 31)
	if err != nil {
		return 0, badMember("/options/"+name, "must be a whole number, not negative")
	}
	return int(n), nil
}

// holders takes the keys that copies are bound to.
func (o *options) holders() ([]issuance.Holder, error) {
	value, given := o.take("holders")
	if !given {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok || len(list) == 0 || len(list) > issuance.MaxCopies {
		return nil, badMember("/options/holders", "must be a list of 1 to "+strconv.Itoa(issuance.MaxCopies)+" keys")
	}
	all := make([]issuance.Holder, len(list))
	for n, item := range list {
		holder, err := issuance.ParseHolder(item)
		if err != nil {
			return nil, badMember("/options/holders/"+strconv.Itoa(n), err.Error())
		}
		all[n] = holder
	}
	return all, nil
}
