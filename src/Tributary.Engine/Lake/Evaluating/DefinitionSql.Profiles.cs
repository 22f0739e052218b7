using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>Who is asked, and their traits.</summary>
internal sealed partial class DefinitionSql
{
    private const string Identifiers = $"{LakeDatabase.Catalog}.{LakeViews.ProfilesSchema}.user_identifiers";
    private const string UserTraits = $"{LakeDatabase.Catalog}.{LakeViews.ProfilesSchema}.user_traits";

    /// <summary>The identifiers of people: <c>type value profile</c>.</summary>
    private string People() => Once("people", () => IdentifiersOf("users", Sampled(isSubject: !_isOfAccounts)));

    private string Accounts() => Once("accounts", () => IdentifiersOf("accounts", Sampled(isSubject: _isOfAccounts)));

    private string IdentifiersOf(string collection, string sampled) =>
        $"SELECT type, value, canonical_segment_id AS profile FROM {Identifiers} WHERE collection = '{collection}'{sampled} AND trib_space(canonical_segment_id) = {_question.Space}";

    // Whoever is left out costs no more than the look at their identifiers. The people of an account that is asked are all asked.
    private string Sampled(bool isSubject) => _question.OneOf > 1 && isSubject ? $" AND hash(canonical_segment_id) % {_question.OneOf} = 0" : "";

    /// <summary>Who belongs to which account: <c>account person</c>.</summary>
    private string Membership()
    {
        var (people, accounts) = (People(), Accounts());
        return Once("members", () => $"""
            SELECT DISTINCT a.profile AS account, p.profile AS person FROM {HistoryTable.Memberships} m
            JOIN {accounts} a ON a.type = m.account_type AND a.value = m.account_value JOIN {people} p ON p.type = m.type AND p.value = m.value
            WHERE m.space = {_question.Space}
            """);
    }

    /// <summary>Those that are asked: <c>s</c> names each, <c>own</c> is the profile that the definition is about, <c>person</c> whose traits are meant.</summary>
    private string Subjects(Place place)
    {
        switch (place)
        {
            case Place.Person:
                var people = People();
                return Once("subjects of people", () => $"SELECT DISTINCT profile AS s, profile AS own, profile AS person FROM {people}");
            case Place.Account:
                var accounts = Accounts();
                return Once("subjects of accounts", () => $"SELECT DISTINCT profile AS s, profile AS own, profile AS person FROM {accounts}");
            case Place.Member or Place.MemberOfAccount:
                var members = Membership();
                return Once("subjects of members", () => $"SELECT account || '/' || person AS s, account AS own, person FROM {members}");
            default:
                throw new InvalidOperationException("Not a place.");
        }
    }

    private string Trait(ValuePath path, Frame frame)
    {
        var name = path.Steps[0];
        var rest = new ValuePath(new Sequence<string>(path.Steps.Items.RemoveAt(0)));
        var on = frame.Place == Place.Member ? "r.person" : "r.own";
        var isAccount = frame.Place is Place.Account or Place.MemberOfAccount;
        var key = _question.Keys.GetValueOrDefault(name);
        if (key is not null && key.IsOfAccounts != isAccount)
        {
            // What a person knows of accounts is whether one of them is in; an account knows nothing of the people's.
            if (!key.IsAudience || rest.Steps.Count > 0) return "NULL::VARCHAR";
            if (isAccount) return "'b0'";
            var members = Membership();
            var isIn = Once($"in {name}", () => $"""
                SELECT DISTINCT m.person AS g, 'b1' AS v FROM {members} m JOIN {UserTraits} t ON t.canonical_segment_id = m.account
                WHERE t.name = {LakeDatabase.Literal(name)} AND t.value = 'true' AND t.is_text IS NOT TRUE
                """);
            frame.Join(isIn, on);
            return $"coalesce({isIn}.v, 'b0')";
        }

        var sampled = Sampled(isSubject: frame.Place != Place.Member);
        var trait = Once($"trait{sampled} {path}", () => $"""
            SELECT canonical_segment_id AS g, trib_trait(value, {ProfileSnapshots.IsText}, {LakeDatabase.Literal(EncodedValues.Path(rest))}) AS v FROM {UserTraits}
            WHERE name = {LakeDatabase.Literal(name)}{sampled}
            """);
        frame.Join(trait, on);
        if (key is null) return $"{trait}.v";
        // What is kept of nobody: an audience says false, a trait what it is for nothing.
        var nothing = EncodedValues.Write(ValueReader.One(key.IsAudience ? ComputedResult.False : key.ForNothing ?? [], rest));
        if (nothing is null) return $"{trait}.v";
        var isKept = $"{trait}.g IS NOT NULL";
        if (!key.IsAudience && !key.IsOfAccounts && key.FilterByExternalIds.Count > 0)
        {
            var counted = Counted(key.FilterByExternalIds);
            frame.Join(counted, on);
            isKept += $" OR {counted}.g IS NULL";
        }

        return $"CASE WHEN {isKept} THEN {trait}.v ELSE {LakeDatabase.Literal(nothing)} END";
    }

    /// <summary>The people who have an identifier of one of some types: <c>g</c>.</summary>
    private string Counted(IReadOnlyList<string> types)
    {
        var people = People();
        var wanted = string.Join(", ", types.Select(LakeDatabase.Literal));
        return Once($"counted by {wanted}", () => $"SELECT DISTINCT profile AS g FROM {people} WHERE type IN ({wanted})");
    }
}
