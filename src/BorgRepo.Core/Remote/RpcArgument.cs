using BorgRepo.Core.Format;
using MessagePack;

namespace BorgRepo.Core.Remote;

/// <summary>An argument of a call to a server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">A flag, number, text, id, time in seconds, or null.</param>
/// <param name="Since10">True if servers of borg 1.0, which know arguments by position, take it too.</param>
internal readonly record struct RpcArgument(string Name, object? Value, bool Since10 = true)
{
    /// <summary>Writes the value.</summary>
    public void WriteValue(ref MessagePackWriter writer)
    {
        switch (Value)
        {
            case null:
                writer.WriteNil();
                break;
            case bool flag:
                writer.Write(flag);
                break;
            case int number:
                writer.Write(number);
                break;
            case ulong number:
                writer.Write(number);
                break;
            case double number:
                writer.Write(number);
                break;
            case string text:
                writer.Write(text);
                break;
            case ObjectId id:
                writer.WriteStringHeader(ObjectId.Length);
                id.CopyTo(writer.GetSpan(ObjectId.Length));
                writer.Advance(ObjectId.Length);
                break;
            default:
                throw new ArgumentException($"An argument cannot be a {Value.GetType().Name}.");
        }
    }
}
