using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Identity;

public sealed class BlockedValuesTests
{
    [Fact]
    public void However_long_a_pattern_takes_the_answer_is_the_same()
    {
        // A pattern that is saved already. Whether an event is accepted must not depend on how busy the machine is, nor differ when the log is read again.
        const string Costly = "([ab]*a[ab]{60}|[ab]*b[ab]{61})$";
        var rule = new TypeRule(new IdentifierRule { Type = "email", Blocked = [new BlockedValue { Pattern = Costly }] });
        var text = new string(new Random(1).GetItems<char>("ab", 450));

        Assert.True(rule.Blocks(Encoding.UTF8.GetBytes(text + new string('a', 62))));
        Assert.False(rule.Blocks(Encoding.UTF8.GetBytes(text + "ab" + new string('b', 60))));
    }
}
