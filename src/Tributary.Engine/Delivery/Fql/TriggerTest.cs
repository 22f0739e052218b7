namespace Tributary.Engine.Delivery.Fql;

internal enum TriggerVerdict
{
    No,
    Yes,

    /// <summary>Evaluation reached something that the original throws at; the whole trigger is then false.</summary>
    Broken,
}

/// <summary>One part of a trigger, made ready for evaluation.</summary>
internal abstract class TriggerTest
{
    private static readonly Needle Properties = new("properties");
    private static readonly Needle Traits = new("traits");
    private static readonly Needle Context = new("context");
    private static readonly Needle[] Type = [new("type")];
    private static readonly Needle[] Event = [new("event")];
    private static readonly Needle[] Name = [new("name")];
    private static readonly Needle[] UserId = [new("userId")];

    public abstract TriggerVerdict Ask(EventDocument message);

    public static TriggerTest Of(TriggerNode? node) => node switch
    {
        TriggerGroup { Operator: "and" or "or" } group => new GroupTest(group.Operator == "and", OfAll(group)),
        TriggerCondition condition => OfCondition(condition),
        null => new ConstantTest(TriggerVerdict.Broken),
        _ => new ConstantTest(TriggerVerdict.No),
    };

    private static TriggerTest[] OfAll(TriggerGroup group)
    {
        var tests = new TriggerTest[group.Children.Length];
        for (var at = 0; at < tests.Length; at++) tests[at] = Of(group.Children[at]);
        return tests;
    }

    private static TriggerTest OfCondition(TriggerCondition condition)
    {
        var root = condition.Type switch { "event-property" => Properties, "event-trait" => Traits, "event-context" => Context, _ => null };
        var steps = (root, condition.Type) switch
        {
            (null, "event-type") => Type,
            (null, "event") => Event,
            (null, "name") => Name,
            (null, "userId") => UserId,
            (null, _) => null,
            _ when string.IsNullOrEmpty(condition.Name) => [],
            _ => Needle.Steps(condition.Name),
        };
        if (root is null && steps is null) return new ConstantTest(TriggerVerdict.No);
        // A name of dots only has no step, and the original breaks on it.
        return steps is null ? new ConstantTest(TriggerVerdict.Broken) : new FieldTest(root, steps, FieldCheck.Of(condition));
    }

    private sealed class ConstantTest(TriggerVerdict verdict) : TriggerTest
    {
        public override TriggerVerdict Ask(EventDocument message) => verdict;
    }

    private sealed class GroupTest(bool isAnd, TriggerTest[] children) : TriggerTest
    {
        public override TriggerVerdict Ask(EventDocument message)
        {
            var decisive = isAnd ? TriggerVerdict.No : TriggerVerdict.Yes;
            foreach (var child in children)
            {
                var verdict = child.Ask(message);
                if (verdict == decisive || verdict == TriggerVerdict.Broken) return verdict;
            }

            return isAnd ? TriggerVerdict.Yes : TriggerVerdict.No;
        }
    }

    private sealed class FieldTest(Needle? root, Needle[] steps, FieldCheck check) : TriggerTest
    {
        public override TriggerVerdict Ask(EventDocument message)
        {
            var value = message.Root;
            if (root is null) value = value.Get(steps[0]);
            else value = steps.Length == 0 ? default : value.Get(root).Walk(steps);
            return check.Holds(value) ? TriggerVerdict.Yes : TriggerVerdict.No;
        }
    }
}
